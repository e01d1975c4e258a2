/**
 * Queues and sends mails in a process until it is killed. It takes a folder, the address of an SMTP
 * server, a name for its mails and how many to queue, and writes a line for each that is on disk. With
 * none to queue it ends once nothing waits.
 */
import { writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { createSmtp } from '../../../adapters/mail/smtp.ts'
import { nodeDisk } from '../../../adapters/store/disk/disk.ts'
import { openStore } from '../../../adapters/store/store.ts'
import { UNWATCHED } from '../../../adapters/system/disk-space.ts'
import { createAct } from '../../../engine/commit.ts'
import { createMailOperations } from '../../../engine/mail/operations.ts'
import { createOutbox } from '../../../engine/mail/outbox.ts'
import { queueMail } from '../../../engine/mail/queue.ts'
import { createWriting } from '../../../engine/mail/writing.ts'
import type { Clock, Log } from '../../../engine/ports.ts'
import { testDataKey } from '../data-key.ts'
import { unsentMail } from '../mail.ts'
import { ana } from '../store/store-parts.ts'

const [dir = '', url = '', name = '', count = '0'] = process.argv.slice(2)
const SPEED = 2_000 // five minutes pass in 150 ms

const startedAt = Date.now()
const clock: Clock = {
  now: () => Math.floor(startedAt + performance.now() * SPEED),
  at: (instant, wake) => {
    const timer = globalThis.setTimeout(wake, Math.max(0, instant - clock.now()) / SPEED)
    return () => clearTimeout(timer)
  },
}
const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const tell = (line: string) => writeSync(1, `${line}\n`)

const store = await openStore({
  disk: nodeDisk(dir),
  clock,
  log,
  dataKey: testDataKey,
  space: UNWATCHED,
  onFatal: (error) => {
    tell(`fatal ${String(error)}`)
    process.exit(70)
  },
})
const act = createAct({
  store,
  announce: (event) => {
    if (event.type === 'mail-queued') outbox.wake()
  },
})
const outbox = createOutbox({
  act,
  store,
  clock,
  log,
  server: createSmtp({ from: 'SoulSeer <hello@soulseer.app>', replyTo: 'help@soulseer.app', url }),
  write: createWriting({
    store,
    dataKey: testDataKey,
    settings: unsentMail.mail,
    intervalMs: 60_000,
    noteCards: async () => undefined,
  }),
})
await store.commit((tx) => {
  if (!tx.user(ana.id)) tx.putUser({ ...ana, emailConfirmedAt: 1 })
})
await outbox.start()
tell('open')
for (let n = 0; n < Number(count); n += 1) {
  const event = `${name}-${n}`
  await act((tx) => queueMail(tx, { userId: ana.id, template: 'new_device', event, values: {} }))
  tell(`queued new_device.${event}`)
}
if (count === '0') {
  const operations = createMailOperations({ act, store })
  while ((await operations.counts()).queued > 0) await setTimeout(20)
  await outbox.stop()
  await store.close()
  tell('sent')
}
