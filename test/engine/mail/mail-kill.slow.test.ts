/** Kills processes between the commit of a mail, its sending and its mark, beside a real SMTP server. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readMail } from '../../../dev/mailbox/read.ts'
import type { Mail } from '../../../domain/mail.ts'
import { createRandom } from '../../simulation/random.ts'
import { bundled, startChild } from '../../support/children.ts'
import { sampleSize, seedFor } from '../../support/sample.ts'
import { startSmtp } from '../../support/smtp/server.ts'

const KILLS = sampleSize(8, 100)
const MAILS_EACH = 6

test(`[M11] ${KILLS} kills lose no mail, and no mail comes more than twice`, async () => {
  const script = await bundled('smtp/kill-child.ts')
  const folder = mkdtempSync(join(tmpdir(), 'soulseer-mail-kill-'))
  const smtp = await startSmtp('plain')
  const random = createRandom(seedFor('mail-kill'))
  const queued = new Set<string>()
  for (let n = 0; n < KILLS; n += 1) {
    const child = startChild(process.execPath, [script, folder, smtp.url, `run${n}`, `${MAILS_EACH}`])
    await child.line(n === 0 ? 'queued' : 'open') // one mail at least is on disk, however slow the machine
    // The moment itself is left to chance, what must hold is not.
    await setTimeout(random.int(0, 150))
    child.process.kill('SIGKILL')
    await child.gone
    expect(child.lines.filter((line) => line.startsWith('fatal'))).toEqual([])
    for (const line of child.lines) if (line.startsWith('queued ')) queued.add(line.slice('queued '.length))
  }
  const last = startChild(process.execPath, [script, folder, smtp.url, 'last', '0'])
  await last.line('sent')
  await last.gone
  await smtp.stop()

  const came = new Map<string, number>()
  for (const message of smtp.kept) {
    const id = /^<(.*)@soulseer\.app>$/.exec(readMail(message).headers.get('message-id') ?? '')?.[1] ?? ''
    came.set(id, (came.get(id) ?? 0) + 1)
  }
  const mails = JSON.parse(readFileSync(join(folder, 'mail.json'), 'utf8')) as Mail[]
  const byId = new Map(mails.map((mail) => [mail.id, mail]))
  expect([...queued].filter((id) => !byId.has(id))).toEqual([])
  // A mail that did not come is shown to the operator, who is asked.
  expect(mails.filter(({ id, status }) => status !== 'unsure' && !came.has(id))).toEqual([])
  expect(mails.filter(({ status }) => status !== 'sent' && status !== 'unsure')).toEqual([])
  expect([...came].filter(([, times]) => times > 2)).toEqual([])
  expect(queued.size).toBeGreaterThan(0)
  console.error(
    `${mails.length} mails, ${[...came.values()].filter((times) => times === 2).length} came twice`,
  )
})
