/** Draws the parts of the device check: picture, microphone level and speaker test. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../ui/icon.tsx'
import { canChooseSpeaker } from './environment.ts'
import { DevicePickers } from './pickers.tsx'
import { playTone, watchLevel } from './sound.ts'
import type { DeviceCheck } from './store.ts'

/** Draws the self-view, mirrored. */
export function DevicePreview({ stream }: { stream: MediaStream }) {
  const player = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    if (player.current) player.current.srcObject = stream
  }, [stream])
  if (stream.getVideoTracks().length === 0) return null
  return (
    <video
      ref={player}
      class="device-preview"
      data-testid="device-preview"
      autoplay
      playsInline
      muted
      aria-label="Your own picture, not recorded"
    />
  )
}

const HEARD = 0.25 // of the bar: a voice, not the hum of a room
const PATIENCE_MS = 5_000

/** Draws a bar that moves with the voice, and says in words whether anything is heard. */
export function DeviceHearing({ stream }: { stream: MediaStream }) {
  const bar = useRef<HTMLMeterElement>(null)
  const verdict = useSignal<'listening' | 'heard' | 'silent'>('listening')
  useEffect(() => {
    verdict.value = 'listening'
    const timer = setTimeout(() => {
      if (verdict.value === 'listening') verdict.value = 'silent'
    }, PATIENCE_MS)
    const stop = watchLevel(stream, (level) => {
      if (level > HEARD) verdict.value = 'heard'
      if (bar.current) bar.current.value = level
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [stream])
  if (stream.getAudioTracks().length === 0) return null
  return (
    <div class="device-hearing">
      <Icon name="mic" />
      <meter ref={bar} class="level-bar" aria-label="Microphone level" min={0} max={1} value={0} />
      <p role="status" data-testid="hearing">
        {VERDICTS[verdict.value]}
      </p>
    </div>
  )
}

const VERDICTS = {
  listening: 'Say something: the bar should move.',
  heard: 'We hear you.',
  silent: 'We hear nothing yet. Speak up, or choose another microphone below.',
}

/** Draws a button that plays a tone, and the choice of speaker where the browser has one. */
export function SpeakerTest({ check }: { check: DeviceCheck }) {
  const failed = useSignal(false)
  const play = () => {
    playTone(check.chosen.value.speaker).then(
      () => (failed.value = false),
      () => (failed.value = true),
    )
  }
  return (
    <div class="device-speaker">
      {canChooseSpeaker() && (
        <DevicePickers
          kinds={['speaker']}
          lists={check.lists.value}
          chosen={check.chosen.value}
          choose={(kind, id) => void check.choose(kind, id)}
        />
      )}
      <button type="button" class="button" onClick={play}>
        <Icon name="sound" />
        Play a test sound
      </button>
      <p class="hint" role="status">
        {failed.value
          ? 'The sound could not be played. Choose another speaker and try again.'
          : 'You should hear two soft notes. If not, turn the volume up or choose another speaker.'}
      </p>
    </div>
  )
}
