import type { CallWorld } from './call-world.ts'

/**
 * For so long the media goes on while the meter is paused. Most paths are back within it, and a picture that went
 * away at every stumble would disturb more than those seconds are worth; beyond it, what is not paid is not sent.
 */
export const PAUSED_MEDIA_MS = 20_000

export interface Gate {
  isOpen(): boolean
  /** Whether the meter counts, as the server told last. */
  count(counting: boolean): void
  /** Whether we have our seat, so that the server can tell us about the meter. */
  seated(seated: boolean): void
  stop(): void
}

/**
 * Whether media may be sent. It opens when the meter first counts; it closes after a pause of `PAUSED_MEDIA_MS`. While
 * the server is out of reach nobody knows about the meter, and the gate stays as it is.
 */
export function createGate({ after, onChange }: { after: CallWorld['after']; onChange(): void }): Gate {
  let open = false
  let counting = false
  let seated = true
  let stopTimer = () => {}

  const turn = (next: boolean) => {
    if (next === open) return
    open = next
    onChange()
  }
  const weigh = () => {
    stopTimer()
    if (counting && seated) turn(true)
    else if (open && seated) stopTimer = after(PAUSED_MEDIA_MS, () => turn(false))
  }
  return {
    isOpen: () => open,
    count: (next) => {
      if (next === counting) return
      counting = next
      weigh()
    },
    seated: (next) => {
      if (next === seated) return
      seated = next
      weigh()
    },
    stop: () => stopTimer(),
  }
}
