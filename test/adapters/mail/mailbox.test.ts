/** Tests the mailbox, which takes the mail server's place outside production. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createMailbox, MAILBOX_FOLDER } from '../../../adapters/mail/mailbox.ts'
import { readMail } from '../../../dev/mailbox/read.ts'
import type { OutgoingMail } from '../../../engine/ports.ts'

let dataDir: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'soulseer-mailbox-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const open = () =>
  createMailbox({ dataDir, from: 'SoulSeer <hello@soulseer.app>', replyTo: 'support@soulseer.app' })

const mail = (id: string, people: string[], to = 'ana@example.com'): OutgoingMail => ({
  id,
  to,
  people,
  subject: `About ${id}`,
  text: `Rosa, in ${id}`,
  html: '<p>Rosa</p>',
  createdAt: 0,
  switchOff: undefined,
})

const kept = () =>
  readdirSync(join(dataDir, MAILBOX_FOLDER))
    .sort()
    .map((name) => {
      const { to, subject } = readMail(readFileSync(join(dataDir, MAILBOX_FOLDER, name), 'utf8'))
      return `${name} ${to} ${subject}`
    })

it('keeps a file for each mail, numbered on over restarts', async () => {
  expect(await open().send(mail('new_device.a', ['ana']))).toEqual({ kind: 'sent' })
  await open().send(mail('new_device.b', ['ana']))
  expect(kept()).toEqual([
    '000001.eml ana@example.com About new_device.a',
    '000002.eml ana@example.com About new_device.b',
  ])
})

it('keeps nothing about who has deleted the account, in mails to others neither', async () => {
  const mailbox = open()
  await mailbox.send(mail('confirm_email.r', ['rosa'], 'rosa@example.com'))
  await mailbox.send(mail('session_receipt.s', ['ana', 'rosa']))
  await mailbox.send(mail('session_receipt.t', ['ana', 'ros']))
  mailbox.forget(['rosa'])
  expect(kept()).toEqual(['000003.eml ana@example.com About session_receipt.t'])
  // One that was on its way.
  expect(await mailbox.send(mail('session_receipt.u', ['ana', 'rosa']))).toEqual({ kind: 'sent' })
  expect(kept()).toHaveLength(1)
})

it('keeps the last mail without its address, over a restart too', async () => {
  const mailbox = open()
  mailbox.forget(['rosa'])
  await mailbox.send(mail('account_deleted.rosa', ['rosa'], 'rosa@example.com'))
  open().forget(['rosa'])
  expect(kept()).toEqual(['000001.eml deleted-account@deleted.invalid About account_deleted.rosa'])
})

it('forgets before the first mail too', () => {
  expect(() => open().forget(['rosa'])).not.toThrow()
})
