import { mkdtempSync } from 'node:fs'
import { expect, test } from 'vitest'
import { nodeDisk } from '../../adapters/disk.ts'
import { openStore } from '../../adapters/store.ts'
import { entry } from '../../domain/ledger.ts'
import { accept, end, request, start } from '../../domain/session.ts'
import { cents } from '../../shared/money.ts'
import { memoryDisk } from '../support/memory-disk.ts'
import { agreed, ana, rosa, testParts } from '../support/store-parts.ts'

for (const [name, makeDisk] of [
  ['memory', memoryDisk],
  ['real', () => nodeDisk(mkdtempSync('/tmp/soulseer-store-'))],
] as const) {
  test(`what is committed is there after a restart (${name} disk)`, async () => {
    const disk = makeDisk()
    const store = await openStore({ disk, ...testParts() })
    await store.commit((tx) => {
      tx.putUser(ana)
      tx.putUser(rosa)
    })
    await store.commit((tx) =>
      tx.post(entry('topup:1', 'stripe', cents(2000), [{ account: 'wallet:ana', cents: cents(2000) }])),
    )
    const live = start(accept(request(agreed), 2), 3)
    await store.commit((tx) => tx.putSession(live))
    await store.commit((tx) => {
      tx.post(
        entry('charge:s1:1', 'wallet:ana', cents(200), [{ account: 'earnings:rosa', cents: cents(200) }]),
      )
      const charge = { minute: 1, billedMs: 60000, cents: 200, at: 4 }
      tx.putSession({
        ...live,
        billedMs: 60000,
        chargedCents: cents(200),
        earnedCents: cents(200),
        charges: [charge],
      })
    })
    const seen = await store.read((view) => [
      view.user('ana'),
      view.earningsOf('rosa'),
      view.openSession('s1'),
    ])
    await store.close()

    const again = await openStore({ disk, ...testParts() })
    expect(
      await again.read((view) => [view.user('ana'), view.earningsOf('rosa'), view.openSession('s1')]),
    ).toEqual(seen)
    await again.commit((tx) => {
      const session = tx.openSession('s1')
      if (session) tx.putSession(end(session, 'client_ended', 9))
    })
    expect(await again.pastSession('s1')).toMatchObject({ chargedCents: 200, endReason: 'client_ended' })
    await again.close()
    const third = await openStore({ disk, ...testParts() })
    expect((await third.pastSessions('rosa', { limit: 5 })).sessions).toHaveLength(1)
    expect(await third.read((view) => [...view.openSessions()])).toEqual([])
    await third.close()
  })
}
