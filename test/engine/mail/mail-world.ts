/** Runs the outbox over a disk in memory, a clock that tests move, and a mail server that obeys. */
import { setImmediate } from 'node:timers/promises'
import { type OpenStore, openStore } from '../../../adapters/store/store.ts'
import { UNWATCHED } from '../../../adapters/system/disk-space.ts'
import type { Client } from '../../../domain/client.ts'
import type { Mail, MailTemplate } from '../../../domain/mail.ts'
import { MAILS } from '../../../domain/tables.ts'
import { type Act, createAct } from '../../../engine/commit.ts'
import { createMailOperations, type MailOperations } from '../../../engine/mail/operations.ts'
import { createOutbox, type Outbox } from '../../../engine/mail/outbox.ts'
import { type MailWish, queueMail } from '../../../engine/mail/queue.ts'
import { createWriting, type WriteMail } from '../../../engine/mail/writing.ts'
import type { Log, MailOutcome, OutgoingMail } from '../../../engine/ports.ts'
import { testDataKey } from '../../support/data-key.ts'
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts'
import { unsentMail } from '../../support/mail.ts'
import { type MemoryDisk, memoryDisk } from '../../support/store/memory-disk.ts'
import { ana } from '../../support/store/store-parts.ts'
import { silentLog } from '../../support/world.ts'

export const CONFIRMED: Client = { ...ana, emailConfirmedAt: 1 }

export interface MailWorld {
  readonly clock: FakeClock
  readonly disk: MemoryDisk
  readonly store: OpenStore
  readonly outbox: Outbox
  readonly operations: MailOperations
  readonly act: Act
  /** Every mail that the server was handed, in order, whatever became of it. */
  readonly handed: OutgoingMail[]
  /** Sets what becomes of the next mails; `sent` at once by default. */
  reply(how: (mail: OutgoingMail) => MailOutcome | Promise<MailOutcome>): void
  queue<T extends MailTemplate>(wish: Omit<MailWish<T>, 'userId'>): Promise<void>
  mail(id: string): Promise<Mail | undefined>
  mails(): Promise<Mail[]>
  /** Kills the process, and starts another over what the disk holds. */
  crash(downMs?: number): Promise<void>
}

export async function createMailWorld(
  options: { write?: (write: WriteMail) => WriteMail; hasServer?: boolean; user?: Client; log?: Log } = {},
): Promise<MailWorld> {
  const { write: wrap = (write) => write, hasServer = true, user = CONFIRMED, log = silentLog } = options
  const clock = fakeClock()
  const handed: OutgoingMail[] = []
  let disk = memoryDisk()
  let life = 0
  let reply: Parameters<MailWorld['reply']>[0] = () => ({ kind: 'sent' })

  const start = async () => {
    life += 1
    const mine = life
    const living = {
      ...clock,
      at: (instant: number, wake: () => void) => clock.at(instant, () => mine === life && wake()),
    }
    const store = await openStore({
      disk,
      dataKey: testDataKey,
      clock: living,
      log: silentLog,
      space: UNWATCHED,
      onFatal: (error) => {
        throw error
      },
    })
    const act = createAct({
      store,
      announce: (event) => {
        if (event.type === 'mail-queued' && mine === life) outbox.wake(event.farewell)
      },
    })
    const outbox = createOutbox({
      act: async (decide, purpose) => {
        // A killed process goes no further.
        if (mine !== life) return new Promise(() => {})
        const answer = await act(decide, purpose)
        return mine === life ? answer : new Promise(() => {})
      },
      store,
      clock: living,
      log,
      server: hasServer
        ? {
            send: async (mail) => {
              if (mine !== life) return new Promise(() => {})
              handed.push(mail)
              return reply(mail)
            },
            forget: () => undefined,
          }
        : undefined,
      write: wrap(
        createWriting({
          store,
          dataKey: testDataKey,
          settings: unsentMail.mail,
          intervalMs: 60_000,
          noteCards: async () => undefined,
        }),
      ),
    })
    await store.commit((tx) => {
      if (!tx.user(user.id)) tx.putUser(user)
    })
    await outbox.start()
    return { store, act, outbox, operations: createMailOperations({ act, store }) }
  }

  let running = await start()
  return {
    clock,
    handed,
    get disk() {
      return disk
    },
    get store() {
      return running.store
    },
    get act() {
      return running.act
    },
    get outbox() {
      return running.outbox
    },
    get operations() {
      return running.operations
    },
    reply: (how) => {
      reply = how
    },
    async queue(wish) {
      await running.act((tx) => queueMail(tx, { ...wish, userId: user.id }))
      await settle()
    },
    mail: (id) => running.store.read((view) => view.table(MAILS).get(id)),
    mails: () => running.store.read((view) => [...view.table(MAILS).all()]),
    async crash(downMs = 0) {
      life += 1
      const left = memoryDisk()
      for (const name of disk.names()) left.put(name, Buffer.from(disk.bytes(name)))
      disk = left
      await clock.leap(downMs)
      running = await start()
      await settle()
    },
  }
}

/** Lets everything happen that needs no more time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await setImmediate()
}
