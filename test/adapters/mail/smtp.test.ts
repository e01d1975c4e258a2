/** Tests what each end of a delivery means, with a real SMTP server: the table of docs/MAIL.md. */
import { afterEach, describe, expect, it } from 'vitest'
import { createSmtp } from '../../../adapters/mail/smtp.ts'
import { readMail } from '../../../dev/mailbox/read.ts'
import type { OutgoingMail } from '../../../engine/ports.ts'
import { type Deed, startSmtp, type TestSmtp } from '../../support/smtp/server.ts'

const MAIL: OutgoingMail = {
  id: 'session_receipt.s1',
  to: 'ana@example.com',
  people: ['ana'],
  subject: 'Receipt: $12.00',
  text: 'Thank you — ❤\n.\nhttps://soulseer.app/history\n',
  html: '<p>Thank you — ❤</p>',
  createdAt: 1_700_000_000_000,
  switchOff: 'https://soulseer.app/unsubscribe#token',
}
const SENDER = { from: 'SoulSeer <hello@soulseer.app>', replyTo: 'support@soulseer.app' }

const running: TestSmtp[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
})

async function start(kind?: Parameters<typeof startSmtp>[0]): Promise<TestSmtp> {
  const server = await startSmtp(kind)
  running.push(server)
  return server
}

const smtpTo = ({ url, ca }: TestSmtp, more: { replyMs?: number; url?: string } = {}) =>
  createSmtp({ ...SENDER, url, tls: { ca }, ...more })

describe('a mail that the server takes', () => {
  it.each(['tls', 'starttls', 'plain'] as const)('arrives as it was written, by %s', async (kind) => {
    const server = await start(kind)
    expect(await smtpTo(server).send(MAIL)).toEqual({ kind: 'sent' })
    const { headers, ...mail } = readMail(server.kept[0] ?? '')
    expect(mail).toEqual({ to: MAIL.to, subject: MAIL.subject, text: MAIL.text, html: MAIL.html })
    expect(Object.fromEntries(headers)).toMatchObject({
      from: SENDER.from,
      'reply-to': 'support@soulseer.app',
      'message-id': '<session_receipt.s1@soulseer.app>',
      'list-unsubscribe': '<https://soulseer.app/unsubscribe#token>',
      'auto-submitted': 'auto-generated',
      date: 'Tue, 14 Nov 2023 22:13:20 +0000',
    })
  })

  it('has no way to be unsubscribed from where it is about the account', async () => {
    const server = await start()
    await smtpTo(server).send({ ...MAIL, switchOff: undefined })
    expect(readMail(server.kept[0] ?? '').headers.has('list-unsubscribe')).toBe(false)
  })

  it('gains no header by a line break in any value', async () => {
    const server = await start()
    const evil = 'x\r\nBcc: eve@example.com\r\n\r\nbody'
    await smtpTo(server).send({ ...MAIL, subject: evil, switchOff: `https://soulseer.app/${evil}` })
    const { headers } = readMail(server.kept[0] ?? '')
    expect(headers.has('bcc')).toBe(false)
    expect(headers.get('subject')).toContain('Bcc: eve@example.com')
  })

  it('goes to no second recipient by a strange address', async () => {
    const server = await start()
    for (const to of ['ana@example.com\r\nRCPT TO:<eve@example.com>', 'a@b.c>,<eve@example.com']) {
      const outcome = await smtpTo(server).send({ ...MAIL, to })
      expect(outcome).toMatchObject({ kind: 'refused', isAddress: true })
    }
    expect(server.kept).toEqual([])
  })
})

describe('a mail that is not simply taken', () => {
  const refuse = (at: 'auth' | 'from' | 'to' | 'data', reply: string): Deed => ({ does: 'refuse', at, reply })

  it.each<[row: string, deed: Deed, outcome: object]>([
    ['[M2] the login is refused', refuse('auth', '535 5.7.8 no'), { kind: 'deferred', isOurs: true }],
    ['[M3] the sender is refused', refuse('from', '550 5.7.1 no'), { kind: 'deferred', isOurs: true }],
    ['[M4] the address for good', refuse('to', '550 5.1.1 no'), { kind: 'refused', isAddress: true }],
    ['[M5] the address for now', refuse('to', '450 4.2.1 later'), { kind: 'deferred', isOurs: false }],
    ['[M6] us, at the address', refuse('to', '550 5.7.1 blocked'), { kind: 'refused', isAddress: false }],
    ['[M6] a login is missing', refuse('to', '530 5.7.0 log in'), { kind: 'deferred', isOurs: true }],
    ['[M7] the message for good', refuse('data', '554 5.6.0 no'), { kind: 'refused', isAddress: false }],
    ['[M8] the message for now', refuse('data', '451 4.3.0 later'), { kind: 'deferred', isOurs: false }],
    ['[M9] cut before the message', { does: 'drop before data' }, { kind: 'deferred', isOurs: true }],
    ['[M10] cut after it', { does: 'drop after data', keeps: true }, { kind: 'unknown' }],
    ['[M10] no reply to it', { does: 'hang after data' }, { kind: 'unknown' }],
  ])('%s', async (_row, deed, outcome) => {
    const server = await start()
    server.deeds.push(deed)
    expect(await smtpTo(server, { replyMs: 3_000 }).send(MAIL)).toMatchObject(outcome)
    expect(await smtpTo(server).send(MAIL)).toEqual({ kind: 'sent' })
  })

  it('[M1] nobody listens', async () => {
    const server = await startSmtp()
    await server.stop()
    expect(await smtpTo(server).send(MAIL)).toMatchObject({ kind: 'deferred', isOurs: true })
  })

  it('[M1] its certificate is not to be trusted', async () => {
    const { url } = await start()
    const stranger = createSmtp({ ...SENDER, url })
    expect(await stranger.send(MAIL)).toMatchObject({ kind: 'deferred', isOurs: true })
  })

  it('leaves nothing in the words of a refusal that is not in the reply', async () => {
    const server = await start()
    server.deeds.push(refuse('to', '550 5.1.1 <ana@example.com> unknown'))
    expect(await smtpTo(server).send(MAIL)).toMatchObject({ words: '550 5.1.1 <ana@example.com> unknown' })
  })
})
