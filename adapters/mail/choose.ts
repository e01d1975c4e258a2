/** Chooses how mails leave. */
import { resolve } from 'node:path'
import type { MailServer } from '../../engine/ports.ts'
import { createMailbox } from './mailbox.ts'
import { createSmtp } from './smtp.ts'

export interface MailWay {
  /** `none`: no mail leaves. */
  readonly kind: 'smtp' | 'mailbox' | 'none'
  readonly server: MailServer | undefined
}

/** Returns the mail server of the settings; without one, a folder of files outside production. */
export function chooseMailServer(settings: {
  readonly production: boolean
  readonly DATA_DIR: string
  readonly SMTP_URL?: string | undefined
  readonly MAIL_FROM: string
  readonly SUPPORT_EMAIL: string
}): MailWay {
  const sender = { from: settings.MAIL_FROM, replyTo: settings.SUPPORT_EMAIL }
  if (settings.SMTP_URL !== undefined) {
    return { kind: 'smtp', server: createSmtp({ ...sender, url: settings.SMTP_URL }) }
  }
  if (settings.production) return { kind: 'none', server: undefined }
  const dataDir = resolve(settings.DATA_DIR)
  return { kind: 'mailbox', server: createMailbox({ ...sender, dataDir }) }
}
