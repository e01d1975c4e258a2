/** Draws a client's sessions and top-ups in one list, loaded as far as wanted. */
import { type Signal, useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Api } from '../lib/api.ts'
import type { Failure } from '../lib/http.ts'
import { type Loading, load } from '../lib/loading.ts'
import { sayNotLoaded } from '../lib/messages.ts'
import type { PaymentsServer } from '../payments/server.ts'
import { Alert } from '../ui/alert.tsx'
import { followNewRows } from '../ui/forms.ts'
import { Loaded } from '../ui/loaded.tsx'
import { goesOn, type Past, pastLines, readOn } from './activity.ts'
import { PastTable } from './table.tsx'

interface PastEverythingProps {
  api: Api
  server: PaymentsServer
  past: Signal<Loading<Past>>
}

export function PastEverything({ api, server, past }: PastEverythingProps) {
  return (
    <section class="past" aria-labelledby="past-title">
      <h2 id="past-title">Sessions and top-ups</h2>
      <Loaded of={past.value} what="Your sessions and top-ups" retry={() => void loadPast(past, api, server)}>
        {(known) => {
          const lines = pastLines(known)
          if (lines.length === 0 && !goesOn(known)) {
            return (
              <p class="empty">
                Nothing yet. Your sessions and payments will appear here, each with its receipt.{' '}
                <a href="/dashboard">Find a reader</a>
              </p>
            )
          }
          return (
            <>
              <PastTable lines={lines} />
              {goesOn(known) && <More api={api} server={server} past={past} known={known} />}
            </>
          )
        }}
      </Loaded>
    </section>
  )
}

function More({ api, server, past, known }: PastEverythingProps & { known: Past }) {
  const busy = useSignal(false)
  const failure = useSignal<Failure | undefined>(undefined)
  const button = useRef<HTMLButtonElement>(null)
  const showMore = async () => {
    if (busy.value) return
    busy.value = true
    const follow = followNewRows(button.current?.closest('section') ?? null)
    const answer = await readOn(known, { sessions: api.sessions, payments: server.payments })
    busy.value = false
    failure.value = answer.ok ? undefined : answer.failure
    if (!answer.ok) return
    past.value = { state: 'ready', value: answer.value }
    follow()
  }
  return (
    <>
      {failure.value && <Alert>{sayNotLoaded('What came earlier', failure.value)}</Alert>}
      <button
        ref={button}
        type="button"
        class="button"
        aria-disabled={busy.value}
        onClick={() => void showMore()}
      >
        Show earlier
      </button>
    </>
  )
}

/** Loads the newest page of both lists, or the reason why they are missing. */
export function loadPast(past: Signal<Loading<Past>>, api: Api, server: PaymentsServer): Promise<void> {
  return load(past, async () => {
    const [sessions, payments] = await Promise.all([api.sessions(), server.payments()])
    if (!sessions.ok) return sessions
    return payments.ok
      ? { ok: true, value: { sessions: sessions.value, payments: payments.value } }
      : payments
  })
}
