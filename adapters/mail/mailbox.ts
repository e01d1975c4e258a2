/** Takes the mail server's place outside production: every mail is a file in the data folder. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MailServer } from '../../engine/ports.ts'
import { compose, type Sender } from './compose.ts'

export const MAILBOX_FOLDER = 'mailbox'

/** Creates the mailbox. Its files are `000001.eml` and so on. */
export function createMailbox({ dataDir, ...sender }: Sender & { dataDir: string }): MailServer {
  const folder = join(dataDir, MAILBOX_FOLDER)
  return {
    async send(mail) {
      const message = await compose(mail, sender)
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const last = readdirSync(folder)
        .map((name) => Number(/^(\d{6})\.eml$/.exec(name)?.[1] ?? 0))
        .reduce((one, other) => Math.max(one, other), 0)
      const name = `${String(last + 1).padStart(6, '0')}.eml`
      writeFileSync(join(folder, name), message, { mode: 0o600, flag: 'wx' })
      return { kind: 'sent' }
    },
  }
}
