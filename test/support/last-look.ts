/** Replaces the file with the last complete look at Stripe. */
import type { LastLook } from '../../engine/ports.ts'

/** Keeps the instant for as long as the process lives; the server keeps it in a file. */
export function memoryLastLook(): LastLook {
  let known: number | undefined
  return {
    at: () => known,
    put: async (instant) => {
      known = instant
    },
  }
}
