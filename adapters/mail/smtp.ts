/** Hands mails to a mail server over SMTP, and learns what became of each. */
import { Readable } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { MailOutcome, MailServer } from '../../engine/ports.ts'
import { SECOND_MS } from '../../shared/time.ts'
import { addressIn, compose, type Sender } from './compose.ts'

const CONNECT_MS = 30 * SECOND_MS
// RFC 5321 (4.5.3.2.6) has clients wait ten minutes for the reply to the message: one that gives
// up sooner sends twice. A server that takes two is broken.
const REPLY_MS = 120 * SECOND_MS

export interface SmtpParts extends Sender {
  /** `smtps://user:password@host:465`, or `smtp://…:587`, which must offer STARTTLS. */
  readonly url: string
  /** Further settings of TLS, such as a test's own authority. */
  readonly tls?: ConnectionOptions
  readonly replyMs?: number
}

/** Creates the client of a mail server. Each mail has a connection of its own. */
export function createSmtp(parts: SmtpParts): MailServer {
  const from = addressIn(parts.from)
  return {
    async send(mail) {
      const message = await compose(mail, parts)
      return exchange(parts, { from, to: mail.to, size: message.length }, message)
    },
    forget: () => undefined, // what has left is its recipients'
  }
}

interface SmtpError extends Error {
  readonly command?: string | undefined
  readonly response?: string | undefined
  readonly responseCode?: number | undefined
  readonly code?: string | undefined
}

/** Carries out one delivery. Resolves in any case. */
function exchange(
  parts: SmtpParts,
  envelope: { from: string; to: string; size: number },
  message: Buffer,
): Promise<MailOutcome> {
  const { host, port, secure, auth, isNear } = readUrl(parts.url)
  const connection = new SMTPConnection({
    host,
    port,
    secure,
    requireTLS: !secure && !isNear,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: parts.replyMs ?? REPLY_MS,
    ...(parts.tls ? { tls: parts.tls } : {}),
  })
  // From the first byte that is read, the server may have the whole message.
  let handedOver = false
  const body = new Readable({
    read() {
      handedOver = true
      this.push(message)
      this.push(null)
    },
  })

  return new Promise((resolve) => {
    const fail = (error: SmtpError) => {
      resolve(outcomeOf(error, handedOver))
      connection.close()
    }
    connection.on('error', fail)
    connection.connect((error) => {
      if (error) return fail(error)
      const send = () =>
        connection.send(envelope, body, (failed) => {
          if (failed) return fail(failed)
          resolve({ kind: 'sent' })
          connection.quit()
        })
      if (!auth) return send()
      connection.login({ credentials: auth }, (refused) => (refused ? fail(refused) : send()))
    })
  })
}

function readUrl(text: string) {
  const { protocol, hostname, port, username, password } = new URL(text)
  const secure = protocol === 'smtps:'
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    host,
    port: Number(port) || (secure ? 465 : 587),
    secure,
    auth: username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : undefined,
    isNear: ['localhost', '127.0.0.1', '::1'].includes(host),
  }
}

/** Returns what a failure means for the mail. */
function outcomeOf(error: SmtpError, handedOver: boolean): MailOutcome {
  const { command = '', responseCode, response, message, code } = error
  const words = response ?? message
  if (responseCode === undefined) {
    if (handedOver) return { kind: 'unknown', words }
    const isWrongAddress = code === 'EENVELOPE'
    if (isWrongAddress) return { kind: 'refused', words, isAddress: true }
    if (code === 'EMESSAGE') return { kind: 'refused', words, isAddress: false }
    return { kind: 'deferred', words, isOurs: true }
  }
  const isAboutMail = command === 'RCPT TO' || command === 'DATA'
  if (responseCode < 500 || !isAboutMail) return { kind: 'deferred', words, isOurs: !isAboutMail }
  if (command === 'DATA') return { kind: 'refused', words, isAddress: false }
  if (NEEDS_LOGIN.includes(responseCode)) return { kind: 'deferred', words, isOurs: true }
  return { kind: 'refused', words, isAddress: !NOT_ALLOWED.test(words) }
}

const NEEDS_LOGIN = [530, 535, 538]
/** A recipient's server that does not let us send says nothing about the address (RFC 3463, X.7). */
const NOT_ALLOWED = /^\d{3}[ -]5\.7\.\d/
