/** Starts a live session between two honest pages. */
import type { SessionView } from '../../shared/protocol/session.ts'
import { next, type Page, type People, type Person, say } from './people.ts'

/**
 * A page in a session, as an honest one behaves: joins at every connection, reports, and goes on
 * reporting.
 */
export interface Talker {
  readonly page: Page
  /** Sends nothing more, though its socket stays. */
  fallSilent(): void
  report(state: 'connected' | 'interrupted'): Promise<Record<string, unknown>>
  hangOn(): Promise<void>
}

export async function talker(person: Person, sessionId: string): Promise<Talker> {
  const page = await person.page()
  let beating: NodeJS.Timeout | undefined

  const report = (state: 'connected' | 'interrupted') => say(page, 'rtc:state', { sessionId, state })
  const hangOn = async (): Promise<void> => {
    const ack = await say(page, 'session:join', { sessionId })
    // A machine that does much else can let the server give up on an event; a page tries again.
    if ((ack.error as { code?: string } | undefined)?.code === 'internal') return hangOn()
    if (ack.ok !== true) return
    await report('connected')
    clearInterval(beating)
    beating = setInterval(() => void report('connected').catch(() => undefined), Number(ack.heartbeatMs))
  }
  const fallSilent = () => clearInterval(beating)

  page.on('connect', () => void hangOn().catch(() => undefined))
  page.on('disconnect', fallSilent)
  return { page, fallSilent, report, hangOn }
}

export interface Talk {
  readonly session: SessionView
  readonly client: Talker
  readonly reader: Talker
}

/** Starts a session that is live, with an honest page on each side. */
export async function liveTalk(people: People, client: Person, reader: Person): Promise<Talk> {
  const session = await people.accepted(client, reader)
  const [one, other] = await Promise.all([talker(client, session.id), talker(reader, session.id)])
  const live = Promise.race([becomes(one.page, 'live'), endsBeforeIt(one.page, session.id)])
  await Promise.all([one.hangOn(), other.hangOn()])
  return { session: await live, client: one, reader: other }
}

/**
 * Rejects when the session ends, so that a test of a slow machine says so and does not wait for
 * ever.
 */
async function endsBeforeIt(page: Page, sessionId: string): Promise<never> {
  const { session } = await next(page, 'session:ended', (told) => told.session.id === sessionId)
  throw new Error(`the session ended before it was live: ${session.endReason}`)
}

/** Resolves with the session when this page receives that it has reached that state. */
export async function becomes(page: Page, status: SessionView['status']): Promise<SessionView> {
  const { session } = await next(page, 'session:updated', (told) => told.session.status === status)
  return session
}
