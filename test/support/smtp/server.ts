/** Runs a real SMTP server, with TLS and a login, that does to each mail what a test says. */
import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { CERT, KEY } from './certificate.ts'

/** A deed of the server with one mail; the text is its reply where it refuses. */
export type Deed =
  | { readonly does: 'take' }
  | { readonly does: 'refuse'; readonly at: 'auth' | 'from' | 'to' | 'data'; readonly reply: string }
  /** Takes the whole message, and closes the connection instead of replying. */
  | { readonly does: 'drop after data'; readonly keeps: boolean }
  /** Closes the connection when the recipient comes. */
  | { readonly does: 'drop before data' }
  /** Never replies to the message. */
  | { readonly does: 'hang after data' }

export interface TestSmtp {
  readonly url: string
  /** The messages that the server has kept, as they came. */
  readonly kept: string[]
  readonly ca: string
  /** Deeds for the next mails, in order; without any, mails are taken. */
  readonly deeds: Deed[]
  stop(): Promise<void>
}

const TAKE: Deed = { does: 'take' }
export const SMTP_USER = 'soulseer'
export const SMTP_PASSWORD = 'p@ss/word'

/** Starts the server: TLS from the start, by STARTTLS, or none at all and no login. */
export async function startSmtp(kind: 'tls' | 'starttls' | 'plain' = 'tls'): Promise<TestSmtp> {
  const kept: string[] = []
  const deeds: Deed[] = []
  const sockets = new Set<Socket>()
  let deed = TAKE
  const refusal = (at: string): Error | undefined => {
    if (deed.does !== 'refuse' || deed.at !== at) return undefined
    const responseCode = Number(deed.reply.slice(0, 3))
    return Object.assign(new Error(deed.reply.slice(4)), { responseCode })
  }
  // The library knows no way to close a connection without a word.
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }

  const server = new SMTPServer({
    secure: kind === 'tls',
    key: KEY,
    cert: CERT,
    ...(kind === 'plain' ? { disabledCommands: ['STARTTLS', 'AUTH'], authOptional: true } : {}),
    logger: false,
    closeTimeout: 50,
    onConnect(_session, done) {
      deed = deeds.shift() ?? TAKE
      done()
    },
    onAuth({ username, password }, _session, done) {
      const isRight = username === SMTP_USER && password === SMTP_PASSWORD
      const error = refusal('auth') ?? (isRight ? undefined : new Error('wrong login'))
      if (error) done(error)
      else done(null, { user: username })
    },
    onMailFrom: (_address, _session, done) => done(refusal('from')),
    onRcptTo(_address, _session, done) {
      if (deed.does === 'drop before data') cut()
      else done(refusal('to'))
    },
    onData(stream, _session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const isKept = deed.does === 'take' || (deed.does === 'drop after data' && deed.keeps)
        if (isKept) kept.push(Buffer.concat(chunks).toString())
        if (deed.does === 'drop after data') cut()
        else if (deed.does !== 'hang after data') done(refusal('data'))
      })
    },
  })
  server.on('error', () => {})
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  const login = kind === 'plain' ? '' : `${SMTP_USER}:${encodeURIComponent(SMTP_PASSWORD)}@`

  return {
    url: `${kind === 'tls' ? 'smtps' : 'smtp'}://${login}127.0.0.1:${port}`,
    kept,
    ca: CERT,
    deeds,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
