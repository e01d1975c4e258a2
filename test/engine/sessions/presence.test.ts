/** Tests a reader's availability through lost connections. */
import { expect, it } from 'vitest'
import type { Reader } from '../../../domain/reader.ts'
import type { Act, TellingTx } from '../../../engine/commit.ts'
import type { Store } from '../../../engine/ports.ts'
import { createPresence } from '../../../engine/sessions/presence.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { silentLog } from '../../support/world.ts'

const GRACE_MS = 30_000

it('who asks to be available in the last moment of the grace is, however slow the disk', async () => {
  const clock = fakeClock(0)
  let reader = { id: 'r', role: 'reader', available: true } as Reader
  let syncDisk = () => {}
  const synced = new Promise<void>((resolve) => {
    syncDisk = resolve
  })
  const tx = {
    user: () => reader,
    putUser: (next: Reader) => {
      reader = next
    },
    openSessionOf: () => undefined,
    tell: () => undefined,
  } as unknown as TellingTx
  // A decision takes effect at once; its caller gets the result when it is on the disk.
  const act: Act = async (decide) => {
    const decided = decide(tx)
    await synced
    return decided
  }
  const presence = createPresence({ act, store: {} as Store, clock, log: silentLog, graceMs: GRACE_MS })

  presence.depart(reader.id)
  await clock.advance(GRACE_MS - 1)
  const asked = presence.setAvailable(reader, true)
  await clock.advance(1)
  syncDisk()
  expect(await asked).toBe(true)
  expect(reader.available).toBe(true)
  await clock.advance(GRACE_MS)
  expect(reader.available, 'and no longer than the grace').toBe(false)
})
