import { isClient } from '../domain/user.ts'
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
  const credited = new Set<string | undefined>()
  for (const user of view.users()) {
    for (const { status, paymentIntentId } of isClient(user) ? user.topUps : []) {
      if (status === 'succeeded') credited.add(paymentIntentId)
    }
  }
  return strays.filter(({ paymentIntentId }) => !credited.has(paymentIntentId))
}
