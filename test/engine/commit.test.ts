/** Tests that events are announced after their commit, in order. */
import { beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../adapters/store/store.ts'
import { UNWATCHED } from '../../adapters/system/disk-space.ts'
import { type Act, createAct } from '../../engine/commit.ts'
import type { EngineEvent } from '../../engine/events.ts'
import type { Tx } from '../../engine/ports.ts'
import { NO_CENTS } from '../../shared/money.ts'
import { testDataKey } from '../support/data-key.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { type MemoryDisk, memoryDisk } from '../support/store/memory-disk.ts'
import { silentLog } from '../support/world.ts'

const FIRST: EngineEvent = { type: 'login-ended', loginHash: 'first' }
const SECOND: EngineEvent = { type: 'login-ended', loginHash: 'second' }

describe('what is told in a commit', () => {
  let disk: MemoryDisk
  let act: Act
  /** Each event, with whether the commit was on disk when it was announced. */
  let announced: [EngineEvent, boolean][]

  beforeEach(async () => {
    disk = memoryDisk()
    announced = []
    const store = await openStore({
      disk,
      dataKey: testDataKey,
      clock: fakeClock(),
      log: silentLog,
      space: UNWATCHED,
      onFatal: (error) => {
        throw error
      },
    })
    act = createAct({ store, announce: (event) => void announced.push([event, isOnDisk()]) })
  })

  const isOnDisk = () => disk.names().some((name) => disk.text(name).includes('"users":{"ana":{'))

  const put = (tx: Tx): void =>
    tx.putUser({
      id: 'ana',
      role: 'client',
      name: 'Ana',
      email: 'ana@example.com',
      passwordHash: 'hash',
      createdAt: tx.now,
      logins: [],
      balanceCents: NO_CENTS,
      topUps: [],
    })

  it('is announced in order once it is on disk, before the commit resolves', async () => {
    const found = await act((tx) => {
      tx.tell(FIRST)
      put(tx)
      tx.tell(SECOND)
      expect(announced).toEqual([])
      return tx.user('ana')?.name
    })
    expect(found).toBe('Ana')
    expect(announced).toEqual([
      [FIRST, true],
      [SECOND, true],
    ])
  })

  it('is announced to nobody where the commit is taken back', async () => {
    const done = act((tx): string => {
      put(tx)
      tx.tell(FIRST)
      throw new Error('changed my mind')
    })
    await expect(done).rejects.toThrow('changed my mind')
    expect(announced).toEqual([])
  })

  it('is announced to nobody where the disk refuses the commit', async () => {
    disk.limit(0)
    const done = act((tx) => {
      put(tx)
      tx.tell(FIRST)
    }, 'session')
    await expect(done).rejects.toMatchObject({ code: 'storage_full' })
    expect(announced).toEqual([])
  })
})
