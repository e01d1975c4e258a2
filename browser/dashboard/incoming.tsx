/**
 * Draws the request that a client makes: who, which kind, at what rate, and how long it rings.
 */
import { useSignal } from '@preact/signals'
import { useEffect, useId } from 'preact/hooks'
import type { SessionLasts, SessionView } from '../../shared/protocol/session.ts'
import { formatRate, formatSpan } from '../lib/format.ts'
import { sayClientFor } from '../lib/messages.ts'
import { Alert } from '../ui/alert.tsx'
import { sayAtOnce } from '../ui/announcements.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import type { ReaderPresence } from './reader-presence.ts'

interface IncomingProps {
  session: SessionView
  presence: ReaderPresence
  ringTimeoutMs: number
  /** Returns the server's clock, in milliseconds since the epoch. */
  serverNow: () => number
}

const SERVER_MS = 3_000 // for the server's word that the time is over

export function Incoming({ session, presence, ringTimeoutMs, serverNow }: IncomingProps) {
  const about = useId()
  const left = useCountdown(session.requestedAt + ringTimeoutMs, serverNow)
  useEffect(() => {
    sayAtOnce(`Incoming ${session.kind} request from ${session.clientName}.`)
    return showRinging(session.clientName)
  }, [session.id])
  useEffect(() => {
    if (left > 0) return
    const timer = setTimeout(() => presence.giveUp(session), SERVER_MS)
    return () => clearTimeout(timer)
  }, [left > 0])
  return (
    <Dialog title="Incoming request" className="incoming" about={about} urgent>
      <div class="incoming-who">
        <Avatar name={session.clientName} size="large" />
        <p id={about}>
          <b>
            <bdi>{session.clientName}</bdi>
          </b>{' '}
          would like a {session.kind} session at {formatRate(session.rateCents)}.
          {presence.clientSince.value !== undefined && (
            <small>{sayClientFor(serverNow() - presence.clientSince.value)}</small>
          )}
          {presence.lasts.value && <small>They can pay for {LASTS[presence.lasts.value]}.</small>}
        </p>
      </div>
      <p class="countdown">
        <progress max={ringTimeoutMs / 1000} value={left} aria-hidden="true" />
        <span>{formatSpan(left)} to answer</span>
      </p>
      {presence.problem.value && <Alert>{presence.problem.value}</Alert>}
      <div class="apart">
        <button
          type="button"
          class="button"
          aria-disabled={presence.sending.value}
          onClick={() => void presence.decline()}
        >
          <Icon name="close" />
          Decline
        </button>
        <button
          type="button"
          class="button go"
          aria-disabled={presence.sending.value}
          onClick={() => void presence.accept()}
        >
          <Icon name={session.kind} />
          Accept
        </button>
      </div>
    </Dialog>
  )
}

const LASTS: Record<SessionLasts, string> = {
  short: 'under 5 minutes',
  medium: '5 to 15 minutes',
  long: 'more than 15 minutes',
}

/** Shows the caller in the tab's title and icon; returns a function that ends this. */
function showRinging(name: string): () => void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  const before = document.title
  document.title = `${name} is calling · SoulSeer`
  icon?.setAttribute('href', '/icon-ringing.svg')
  return () => {
    document.title = before
    icon?.setAttribute('href', '/icon.svg')
  }
}

/** Returns the whole seconds until an instant on the server's clock, and redraws as they pass. */
export function useCountdown(until: number, serverNow: () => number): number {
  const left = useSignal(secondsUntil(until, serverNow()))
  useEffect(() => {
    const timer = setInterval(() => {
      left.value = secondsUntil(until, serverNow())
    }, 250)
    return () => clearInterval(timer)
  }, [until])
  return left.value
}

function secondsUntil(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1000))
}
