/** Draws the video: the other person large, oneself small in a corner. */
import { useRef } from 'preact/hooks'
import { Avatar } from '../ui/avatar.tsx'
import { Player, usePlayer } from './player.tsx'
import type { SelfView, SessionStore } from './store.ts'

export function Pictures({ store, other }: { store: SessionStore; other: string }) {
  const { remoteStream, peer, local } = store.call
  const player = usePlayer(remoteStream.value)
  // While the meter is stopped, the received picture is black.
  const held = local.value?.sending === false
  const dark = held || (peer.value !== undefined && peer.value.camera !== 'on' && !peer.value.screen)
  const showing = peer.value?.screen ? 'pictures of-screen' : 'pictures'
  return (
    <div class={showing}>
      <Player as="video" id="remote-video" player={player} name={other} muted />
      {(!remoteStream.value || dark) && (
        <div class="no-picture">
          <Avatar name={other} size="large" />
        </div>
      )}
      <OwnPicture store={store} />
    </div>
  )
}

function OwnPicture({ store }: { store: SessionStore }) {
  const { localStream, local, cameraOff } = store.call
  const stream = localStream.value
  const player = usePlayer(stream)
  const drag = useDrag((corner) => store.placeSelfView(corner))
  const sharing = local.value?.screen === true
  const dark = local.value ? local.value.camera !== 'on' : cameraOff.value
  const nothing = !stream || stream.getVideoTracks().length === 0 || (dark && !sharing)
  const place = nothing ? 'hidden' : store.selfView.value
  return (
    <video
      id="local-video"
      class={sharing ? `${place} of-screen` : place}
      ref={player.ref}
      autoplay
      playsInline
      muted
      aria-label="You, as the other person sees you"
      {...drag}
    />
  )
}

/** Lets a pointer drag an element; on release it goes to the nearest corner. */
function useDrag(place: (corner: SelfView) => void) {
  const from = useRef<{ x: number; y: number } | undefined>(undefined)
  const move = ({ currentTarget, clientX, clientY }: Gesture) => {
    if (!from.current) return
    const { x, y } = from.current
    currentTarget.style.setProperty('translate', `${clientX - x}px ${clientY - y}px`)
  }
  const drop = ({ currentTarget }: Gesture) => {
    if (!from.current) return
    from.current = undefined
    const corner = cornerOf(currentTarget)
    currentTarget.style.removeProperty('translate')
    place(corner)
  }
  return {
    onPointerDown: (event: Gesture) => {
      event.currentTarget.setPointerCapture(event.pointerId)
      from.current = { x: event.clientX, y: event.clientY }
    },
    onPointerMove: move,
    onPointerUp: drop,
    onPointerCancel: drop,
  }
}

type Gesture = PointerEvent & { currentTarget: HTMLElement }

/** Returns the quarter of its surroundings in which the middle of an element is. */
function cornerOf(element: HTMLElement): SelfView {
  const box = element.getBoundingClientRect()
  const around = (element.parentElement ?? element).getBoundingClientRect()
  const top = box.top + box.height / 2 < around.top + around.height / 2
  const left = box.left + box.width / 2 < around.left + around.width / 2
  return `${top ? 'top' : 'bottom'}-${left ? 'left' : 'right'}`
}
