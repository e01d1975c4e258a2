/** Draws the requests that a reader missed in the last week, with the reason where it is known. */
import type { Signal } from '@preact/signals'
import type { SessionList } from '../../shared/protocol/views.ts'
import { formatDay, formatTime } from '../lib/format.ts'
import type { Loading } from '../lib/loading.ts'
import { KIND } from '../lib/messages.ts'
import { missedLately, type WhyMissed, whyMissed } from './missed.ts'

export function Missed({ sessions }: { sessions: Signal<Loading<SessionList>> }) {
  const listPage = sessions.value
  const missed = listPage.state === 'ready' ? missedLately(listPage.value.sessions, Date.now()) : []
  if (missed.length === 0) return null
  return (
    <section class="missed card" aria-labelledby="missed-title">
      <h2 id="missed-title">Missed requests this week</h2>
      <ul>
        {missed.map(({ id, clientName, kind, requestedAt, endReason }) => (
          <li key={id}>
            <bdi>{clientName}</bdi>
            <small>
              {KIND[kind]}, {formatDay(requestedAt)}, {formatTime(requestedAt)}.{' '}
              {endReason === 'cancelled' ? GAVE_UP : sayWhy(whyMissed(id))}
            </small>
          </li>
        ))}
      </ul>
    </section>
  )
}

const GAVE_UP = 'They hung up first.'

const WHY: Record<WhyMissed, string> = {
  silent: 'The ring was silent: this page was not allowed to play sound.',
  behind: 'It rang here while this page was behind another window or tab.',
  rang: 'It rang here and was not answered in time.',
}

function sayWhy(why: WhyMissed | undefined): string {
  return why ? WHY[why] : 'You were not here: this page was closed.'
}
