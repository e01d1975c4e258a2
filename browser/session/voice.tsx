import { useEffect, useRef } from 'preact/hooks'
import { watchLevel } from '../devices/sound.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import type { SessionStore } from './store.ts'

/** Nobody is seen: rings grow with the voice, the other's large, one's own small. */
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

/** An element that carries how loud a stream is as `--level`, and whether somebody speaks as a class. */
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
