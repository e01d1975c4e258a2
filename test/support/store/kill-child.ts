/**
 * Keeps books in a process until it is killed. It takes a folder, a name for its changes and how
 * many to make (0: go on for ever), and writes a line for every change that the store has
 * confirmed.
 */
import { writeSync } from 'node:fs'
import { nodeDisk } from '../../../adapters/store/disk/disk.ts'
import { openStore } from '../../../adapters/store/store.ts'
import { randomId } from '../../../adapters/system/clock.ts'
import { UNWATCHED } from '../../../adapters/system/disk-space.ts'
import { entry } from '../../../domain/ledger.ts'
import type { Reader } from '../../../domain/reader.ts'
import { end } from '../../../domain/session.ts'
import { erased, erasedEmail } from '../../../domain/user.ts'
import type { Clock, Log, Store } from '../../../engine/ports.ts'
import { cents, NO_CENTS } from '../../../shared/money.ts'
import { testDataKey } from '../data-key.ts'
import { ana, charge, liveSession, rosa } from './store-parts.ts'
import { NOTES, TEST_TABLES } from './toy-table.ts'

const [dir = '', name = '', count = '0'] = process.argv.slice(2)
const SPEED = 20 // so that the JSON files are written every ten milliseconds

const startedAt = Date.now()
const clock: Clock = {
  now: () => Math.floor(startedAt + performance.now() * SPEED),
  at: (instant, wake) => {
    const timer = setTimeout(wake, Math.max(0, instant - clock.now()) / SPEED)
    return () => clearTimeout(timer)
  },
}
const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const tell = (line: string) => writeSync(1, `${line}\n`)

const store = await openStore({
  disk: nodeDisk(dir),
  dataKey: testDataKey,
  clock,
  log,
  segmentBytes: 8192,
  space: UNWATCHED,
  tables: TEST_TABLES,
  onFatal: (error) => {
    tell(`fatal ${String(error)}`)
    process.exit(70)
  },
})
tell('open')
await store.commit((tx) => {
  if (!tx.user(ana.id)) tx.putUser(ana)
  if (!tx.user(rosa.id)) tx.putUser(rosa)
})
if (count === '0') await Promise.all([0, 1, 2, 3].map((lane) => work(store, lane, Number.POSITIVE_INFINITY)))
else await work(store, 0, Number(count))
await store.close()
tell('closed')

async function work(on: Store, lane: number, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const own = `${name}-${lane}-${n}`
    const key = `topup:${own}`
    await on.commit((tx) => {
      tx.post(entry(key, 'stripe', cents(10), [{ account: `wallet:${ana.id}`, cents: cents(10) }]))
      const notes = tx.table(NOTES)
      notes.put({ id: own, authorId: ana.id, topic: `lane ${lane}`, text: key, tags: [] })
      notes.remove(`${name}-${lane}-${n - 1}`)
      const open = tx.openSessionOf(ana.id)
      if (n % 5 === 4 && open) tx.putSession(end(open, 'client_ended', tx.now))
      else if (open) charge(tx, own)
      else tx.putSession(liveSession(randomId(), tx.now))
    })
    tell(`answered ${key}`)
    if (lane === 0 && n % 4 === 0) await comeAndGo(on, own)
  }
}

/** Registers two people, of whom the second leaves again, and prints each step. */
async function comeAndGo(on: Store, own: string): Promise<void> {
  const stays = await join(on, `${own}-stays`)
  const leaves = await join(on, `${own}-leaves`)
  tell(`joined ${stays.name}`)
  tell(`leaving ${leaves.name}`)
  await on.commit((tx) => {
    tx.putUser(erased(leaves, erasedEmail(leaves.id), tx.now, NO_CENTS))
    tx.forgetPerson(leaves.id)
  })
  tell(`left ${leaves.name}`)
}

async function join(on: Store, id: string): Promise<Reader> {
  const person = { ...rosa, id, name: `Name of ${id}.`, email: `${id}@example.com` }
  await on.commit((tx) => tx.putUser(person))
  return person
}
