/** Draws the button that lets the picture float above other windows. */
import { Icon } from '../ui/icon.tsx'

/** Says whether this browser supports floating pictures. */
export const canPopOut = (): boolean => document.pictureInPictureEnabled === true

export function PopOut({ className }: { className: string }) {
  return (
    <button type="button" class={className} onClick={() => void popOut()}>
      <Icon name="picture-in-picture" />
      <span class="label">Pop out</span>
    </button>
  )
}

async function popOut(): Promise<void> {
  const picture = document.getElementById('remote-video')
  if (document.pictureInPictureElement) return document.exitPictureInPicture()
  // Before the first picture there is nothing to float.
  if (picture instanceof HTMLVideoElement) await picture.requestPictureInPicture().catch(() => {})
}
