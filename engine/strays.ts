import type { Stray, Strays } from './ports.ts'

/** Strays that are known for as long as the process lives; the server keeps them in a file. */
export function memoryStrays(): Strays {
  const strays = new Map<string, Stray>()
  return {
    all: async () => [...strays.values()],
    put: async (stray) => {
      if (!strays.has(stray.paymentIntentId)) strays.set(stray.paymentIntentId, stray)
    },
  }
}
