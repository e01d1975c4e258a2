/** Reads the mails that a development server keeps in its data folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import { MAILBOX_FOLDER } from '../../../adapters/mail/mailbox.ts'
import { type ReadMail, readMail } from '../../../dev/mailbox/read.ts'
import type { RunningServer } from './server.ts'

/** Returns the mails to an address, oldest first. */
export function mailsTo({ dataDir }: RunningServer, email: string): ReadMail[] {
  const folder = join(dataDir, 'data', MAILBOX_FOLDER)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .map((name) => readMail(readFileSync(join(folder, name), 'utf8')))
    .filter(({ to }) => to.includes(email))
}

/** Resolves with the address of the newest link to `path` that was mailed to `email`, once there is one. */
export async function linkTo(server: RunningServer, email: string, path: string): Promise<string> {
  const pattern = new RegExp(`${server.origin}${path}#\\S+`)
  const links = () => mailsTo(server, email).flatMap(({ text }) => pattern.exec(text)?.[0] ?? [])
  await expect.poll(() => links().length, `a mail to ${email} with ${path}`).toBeGreaterThan(0)
  return links().at(-1) ?? ''
}
