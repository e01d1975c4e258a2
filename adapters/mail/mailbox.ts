/** Takes the mail server's place outside production: every mail is a file in the data folder. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mailIdOf } from '../../domain/mail.ts'
import type { MailServer } from '../../engine/ports.ts'
import { RESERVED_DOMAIN } from '../../shared/bounds.ts'
import { compose, type Sender } from './compose.ts'

export const MAILBOX_FOLDER = 'mailbox'

/** The first line of each file: the ids of those whom the mail is about. */
const PEOPLE = /^X-SoulSeer-People: ([^\r\n]*)/
const FORGOTTEN = `deleted-account@deleted${RESERVED_DOMAIN}`

/**
 * Creates the mailbox. Its files are `000001.eml` and so on. It lies in the data folder, so it keeps
 * nothing that names a user who has deleted the account: the last mail has no address.
 */
export function createMailbox({ dataDir, ...sender }: Sender & { dataDir: string }): MailServer {
  const folder = join(dataDir, MAILBOX_FOLDER)
  const forgotten = new Set<string>()
  const isForgotten = (ids: readonly string[]): boolean => ids.some((id) => forgotten.has(id))

  return {
    async send(mail) {
      const isLast = mail.people.some((id) => mail.id === mailIdOf('account_deleted', id))
      const { to, people } = isLast ? { to: FORGOTTEN, people: [] } : mail
      const message = await compose({ ...mail, to }, sender)
      if (isForgotten(people)) return { kind: 'sent' } // it was on its way when the account was deleted
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const last = numbersIn(folder).reduce((one, other) => Math.max(one, other), 0)
      const head = `X-SoulSeer-People: ${people.join(' ')}\r\n`
      const file = { mode: 0o600, flag: 'wx' }
      writeFileSync(fileOf(folder, last + 1), Buffer.concat([Buffer.from(head), message]), file)
      return { kind: 'sent' }
    },

    forget(userIds) {
      for (const id of userIds) forgotten.add(id)
      if (userIds.length === 0 || !existsSync(folder)) return
      for (const path of numbersIn(folder).map((number) => fileOf(folder, number))) {
        const [, people = ''] = PEOPLE.exec(readFileSync(path, 'latin1')) ?? []
        if (isForgotten(people.split(' '))) rmSync(path)
      }
    },
  }
}

const fileOf = (folder: string, number: number): string =>
  join(folder, `${String(number).padStart(6, '0')}.eml`)

const numbersIn = (folder: string): number[] =>
  readdirSync(folder).flatMap((name) => {
    const [, digits] = /^(\d{6})\.eml$/.exec(name) ?? []
    return digits === undefined ? [] : [Number(digits)]
  })
