/** Makes the sound of an incoming request: two soft bells, repeated until the ring ends. */

const BELLS = [
  { frequency: 659.3, afterS: 0 },
  { frequency: 987.8, afterS: 0.28 },
]
const BELL_LENGTH_S = 1.4
const LOUDNESS = 0.25
const REPEAT_MS = 2_400

export interface Ring {
  /**
   * Resolves with whether sound is now allowed. Must be called from a tap: browsers keep a page
   * silent until then.
   */
  unlock(): Promise<boolean>
  /** Plays one pair of bells, so that the user hears that it works. */
  sample(): void
  /** Rings; returns a function that stops it. */
  start(): () => void
  /** Reports whenever the browser, or a phone call, takes the sound away or gives it back. */
  watch(onAudible: (audible: boolean) => void): void
}

export function createRing(): Ring {
  let context: AudioContext | undefined
  let onAudible = (_audible: boolean) => {}

  const open = () => {
    const opened = new AudioContext()
    opened.onstatechange = () => onAudible(opened.state === 'running')
    return opened
  }
  const strike = () => {
    if (context?.state !== 'running') return
    for (const { frequency, afterS } of BELLS) bell(context, frequency, context.currentTime + afterS)
  }

  return {
    async unlock() {
      context ??= open()
      await context.resume()
      return context.state === 'running'
    },
    sample: strike,
    start() {
      strike()
      const timer = setInterval(strike, REPEAT_MS)
      return () => clearInterval(timer)
    },
    watch(hear) {
      onAudible = hear
    },
  }
}

function bell(context: AudioContext, frequency: number, at: number): void {
  const tone = context.createOscillator()
  const fade = context.createGain()
  tone.frequency.value = frequency
  fade.gain.setValueAtTime(0, at)
  fade.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02)
  fade.gain.exponentialRampToValueAtTime(0.001, at + BELL_LENGTH_S)
  tone.connect(fade).connect(context.destination)
  tone.start(at)
  tone.stop(at + BELL_LENGTH_S)
}
