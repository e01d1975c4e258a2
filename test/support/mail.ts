/** Settings of mail for worlds that look at other things: mails are queued, and none leaves. */
import type { EngineParts } from '../../engine/engine.ts'
import type { MailServer, OutgoingMail } from '../../engine/ports.ts'

export const unsentMail: Pick<EngineParts, 'mail' | 'mailServer'> = {
  mailServer: undefined,
  mail: {
    origin: () => 'https://soulseer.test',
    supportEmail: 'support@soulseer.test',
    owner: ['Ada Owner', '1 Main Street'],
  },
}

/** Returns a mail server that takes everything, and keeps it in `taken`. */
export const mailServer = (taken: OutgoingMail[]): MailServer => ({
  send: async (mail) => {
    taken.push(mail)
    return { kind: 'sent' }
  },
  forget: () => undefined,
})

/** Returns the token in the link of a mail; throws where there is none. */
export function tokenIn({ text }: Pick<OutgoingMail, 'text'>): string {
  const token = /https?:\/\/\S+#(\S+)/.exec(text)?.[1]
  if (token === undefined) throw new Error(`no link in ${text}`)
  return token
}
