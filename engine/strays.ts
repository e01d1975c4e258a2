import type { Stray, Strays, View } from './ports.ts'

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

/** Those of the payments that have not become somebody's balance after all. */
export function stillStray(view: View, strays: readonly Stray[]): Stray[] {
  return strays.filter(
    ({ paymentIntentId }) => view.topUpByPayment(paymentIntentId)?.topUp.status !== 'succeeded',
  )
}
