import { Icon } from '../ui/icon.tsx'

/** Whether this browser lets the picture float above other windows. */
export const canPopOut = (): boolean => document.pictureInPictureEnabled === true

/** Lets the other's picture float above other windows, or brings it back. */
export function PopOut({ className }: { className: string }) {
  return (
    <button type="button" class={className} onClick={() => void popOut()}>
      <Icon name="picture-in-picture" />
      Pop out
    </button>
  )
}

async function popOut(): Promise<void> {
  const picture = document.getElementById('remote-video')
  if (document.pictureInPictureElement) return document.exitPictureInPicture()
  // Before the first picture has come there is nothing to float.
  if (picture instanceof HTMLVideoElement) await picture.requestPictureInPicture().catch(() => {})
}
