/** Plays the other person's sound and picture. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { routeTo } from '../devices/sound.ts'
import { Icon } from '../ui/icon.tsx'

interface SoundProps {
  stream: MediaStream | undefined
  speakerId: string | undefined
  name: string
}

/** Plays the other person's sound; where the browser wants a tap first, shows a button. */
export function Sound({ stream, speakerId, name }: SoundProps) {
  const player = usePlayer(stream)
  useEffect(() => {
    if (player.ref.current) void routeTo(player.ref.current, speakerId)
  }, [speakerId])
  return (
    <>
      <Player as="audio" id="remote-audio" player={player} name={name} />
      {player.silent && (
        <button type="button" class="button primary tap-to-hear" onClick={player.play}>
          <Icon name="sound" />
          Tap to hear
        </button>
      )}
    </>
  )
}

interface PlayerProps {
  as: 'audio' | 'video'
  id: string
  player: ReturnType<typeof usePlayer>
  name: string
  muted?: boolean
}

/** Plays a live stream, which has no captions. */
export function Player({ as: Element, id, player, name, muted = false }: PlayerProps) {
  return <Element id={id} ref={player.ref} autoplay playsInline muted={muted} aria-label={name} />
}

/** Plays a stream in an element; `silent` is true while the browser wants a tap first. */
export function usePlayer(stream: MediaStream | undefined) {
  const ref = useRef<HTMLVideoElement>(null)
  const silent = useSignal(false)
  const play = () => {
    ref.current?.play().then(
      () => (silent.value = false),
      // A newer stream interrupts the one before it; only a refusal needs the user.
      (error: unknown) => (silent.value = error instanceof DOMException && error.name === 'NotAllowedError'),
    )
  }
  useEffect(() => {
    if (!ref.current) return
    ref.current.srcObject = stream ?? null
    if (!stream) return
    play()
    // A phone stops playback while the page is hidden.
    const again = () => document.visibilityState === 'visible' && play()
    document.addEventListener('visibilitychange', again)
    return () => document.removeEventListener('visibilitychange', again)
  }, [stream])
  return { ref, silent: silent.value, play }
}
