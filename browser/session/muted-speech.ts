/** Detects a person who speaks while muted. */
import { useEffect, useState } from 'preact/hooks'
import { watchLevel } from '../devices/sound.ts'

const SPEECH = 0.4 // a voice at the desk; voices further away stay below
const LATELY = 25 // readings, about two seconds
const ENOUGH = 4 // of them: words have gaps, a cough ends sooner
const FORGOTTEN_MS = 6_000

/**
 * Says whether a muted person is speaking. The sound is measured on this page, only while muted,
 * and sent nowhere.
 */
export function useMutedSpeech(muted: boolean, stream: MediaStream | undefined): boolean {
  const [speaking, setSpeaking] = useState(false)
  useEffect(() => {
    const track = stream?.getAudioTracks()[0]
    if (!muted || track?.readyState !== 'live') return
    // The track that is sent stays silent; its clone is only measured.
    const twin = track.clone()
    twin.enabled = true
    const stop = watchLevel(new MediaStream([twin]), countSpeech(setSpeaking))
    return () => {
      stop()
      twin.stop()
      setSpeaking(false)
    }
  }, [muted, stream])
  return speaking
}

function countSpeech(tell: (speaking: boolean) => void): (level: number) => void {
  let lately: readonly boolean[] = []
  let heardAt = 0
  return (level) => {
    lately = [...lately, level > SPEECH].slice(-LATELY)
    if (lately.filter(Boolean).length >= ENOUGH) {
      heardAt = performance.now()
      tell(true)
    } else if (performance.now() - heardAt > FORGOTTEN_MS) tell(false)
  }
}
