/** Draws a voice session: rings that grow with each voice. */
import { useEffect, useRef } from 'preact/hooks'
import { watchLevel } from '../devices/sound.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import type { SessionStore } from './store.ts'

export function VoiceOnly({ store, other }: { store: SessionStore; other: string }) {
  const { remoteStream, localStream, local } = store.call
  const silent = local.value?.microphone !== 'on'
  const theirs = useLevel<HTMLDivElement>(remoteStream.value)
  const mine = useLevel<HTMLSpanElement>(localStream.value)
  return (
    <div class="voice-only">
      <div ref={theirs} class="level-ring">
        <Avatar name={other} size="large" />
      </div>
      <p>
        <bdi>{other}</bdi>
      </p>
      <p class="own-voice">
        <span ref={mine} class="level-ring small">
          <Icon name={silent ? 'mic-off' : 'mic'} />
        </span>
        You
      </p>
    </div>
  )
}

const SPEAKING = 0.3 // above the hum of a room

/**
 * Sets the loudness of a stream on an element as `--level`, and a class while the person speaks.
 */
function useLevel<E extends HTMLElement>(stream: MediaStream | undefined) {
  const ref = useRef<E>(null)
  const hears = (stream?.getAudioTracks().length ?? 0) > 0
  useEffect(() => {
    if (!stream || !hears) return
    const show = (level: number) => {
      ref.current?.style.setProperty('--level', level.toFixed(2))
      ref.current?.classList.toggle('speaking', level > SPEAKING)
    }
    const stop = watchLevel(stream, show)
    return () => {
      stop()
      show(0)
    }
  }, [stream, hears])
  return ref
}
