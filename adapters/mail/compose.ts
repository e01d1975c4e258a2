/** Writes a mail as the bytes that a mail server takes. */
import MailComposer from 'nodemailer/lib/mail-composer'
import type { OutgoingMail } from '../../engine/ports.ts'

export interface Sender {
  /** As in `SoulSeer <hello@soulseer.app>`. */
  readonly from: string
  readonly replyTo: string
}

/** Returns the address alone of `SoulSeer <hello@soulseer.app>`. */
export const addressIn = (from: string): string => (/<([^<>]*)>\s*$/.exec(from)?.[1] ?? from).trim()

/**
 * Returns the whole message. A line break in a value can add no header: each is taken out before,
 * and the composer folds what is left.
 */
export function compose(mail: OutgoingMail, { from, replyTo }: Sender): Promise<Buffer> {
  const domain = addressIn(from).split('@').at(-1) ?? 'localhost'
  const composer = new MailComposer({
    from: oneLine(from),
    to: { name: '', address: oneLine(mail.to) },
    replyTo: oneLine(replyTo),
    subject: oneLine(mail.subject),
    text: mail.text,
    html: mail.html,
    messageId: `<${mail.id}@${domain}>`,
    date: new Date(mail.createdAt),
    headers: {
      // No holiday note and no reply of a server must come back (RFC 3834).
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...(mail.switchOff === undefined ? {} : { 'List-Unsubscribe': `<${oneLine(mail.switchOff)}>` }),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return composer.compile().build()
}

const CONTROL = /[\p{Cc}\u2028\u2029]+/gu

const oneLine = (value: string): string => value.replace(CONTROL, ' ')
