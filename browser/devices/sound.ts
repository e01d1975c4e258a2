/** Measures how loud a stream is, and plays a tone to test the speaker. */

const EVERY_MS = 80
const QUIET_DB = -60
const LOUD_DB = -12

/**
 * Reports about twelve times a second how loud `stream` is, 0 to 1, without playing it. Returns a
 * function that stops it.
 */
export function watchLevel(stream: MediaStream, tell: (level: number) => void): () => void {
  if (stream.getAudioTracks().length === 0) return () => {}
  const context = new AudioContext()
  const analyser = new AnalyserNode(context, { fftSize: 2_048 })
  // Only a source of the whole stream works whichever track a browser picks from it.
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    tell(levelOf(samples))
  }, EVERY_MS)
  const wake = () => void context.resume().catch(() => {})
  // A browser may hold the sound back until the page is touched.
  document.addEventListener('pointerdown', wake)
  wake()
  return () => {
    clearInterval(timer)
    document.removeEventListener('pointerdown', wake)
    void context.close().catch(() => {})
  }
}

/** Returns the perceived loudness of samples: 0 for silence, 1 for a raised voice close by. */
export function levelOf(samples: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < samples.length; at += 1) sum += (samples[at] ?? 0) ** 2
  const db = 10 * Math.log10(sum / samples.length)
  return Math.min(1, Math.max(0, (db - QUIET_DB) / (LOUD_DB - QUIET_DB)))
}

const NOTES = [
  { frequency: 523.3, afterS: 0 },
  { frequency: 659.3, afterS: 0.35 },
]
const NOTE_S = 0.9
const TONE_MS = 1_400

/**
 * Plays two soft notes on the speaker of that id, or the default one. Must be called from a tap.
 * Rejects where nothing can be played.
 */
export async function playTone(speakerId: string | undefined): Promise<void> {
  const context = new AudioContext()
  const out = context.createMediaStreamDestination()
  // Through an element, because every browser that can choose a speaker can choose it there.
  const element = new Audio()
  element.srcObject = out.stream
  await routeTo(element, speakerId)
  await Promise.all([context.resume(), element.play()])
  for (const { frequency, afterS } of NOTES) note(context, out, frequency, context.currentTime + afterS)
  setTimeout(() => {
    element.srcObject = null
    void context.close().catch(() => {})
  }, TONE_MS)
}

/**
 * Sends an element's sound to a speaker; where that speaker is gone or cannot be chosen, the
 * default one stays.
 */
export async function routeTo(element: HTMLMediaElement, speakerId: string | undefined): Promise<void> {
  if (!('setSinkId' in element)) return
  await element.setSinkId(speakerId ?? '').catch(() => {})
}

function note(context: AudioContext, out: AudioNode, frequency: number, at: number): void {
  const tone = context.createOscillator()
  const fade = context.createGain()
  tone.frequency.value = frequency
  fade.gain.setValueAtTime(0, at)
  fade.gain.linearRampToValueAtTime(0.2, at + 0.05)
  fade.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S)
  tone.connect(fade).connect(out)
  tone.start(at)
  tone.stop(at + NOTE_S)
}
