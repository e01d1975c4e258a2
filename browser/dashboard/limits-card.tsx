/** Draws what the client has spent today, and the client's own limits. */
import { useSignal } from '@preact/signals'
import { formatCents } from '../../shared/money.ts'
import type { LimitsView } from '../../shared/protocol/views.ts'
import { formatDay, formatTime } from '../lib/format.ts'
import { Loaded } from '../ui/loaded.tsx'
import { LimitForm } from './limit-form.tsx'
import type { LimitsStore } from './limits-store.ts'

export function LimitsCard({ store }: { store: LimitsStore }) {
  return (
    <section class="limits card" aria-labelledby="limits-title">
      <h2 id="limits-title">Spending limits</h2>
      <Loaded of={store.day.value} what="Your spending limits" retry={() => void store.refresh()}>
        {(limits) => <Day limits={limits} store={store} />}
      </Loaded>
      <EachSession store={store} />
    </section>
  )
}

function Day({ limits, store }: { limits: LimitsView; store: LimitsStore }) {
  const editing = useSignal(false)
  const { spentTodayCents, dailyLimitCents, raise } = limits
  return (
    <div class="limit">
      <p>
        <b class="number">{formatCents(spentTodayCents)}</b> spent today
        {dailyLimitCents === undefined ? ', no daily limit' : ` of ${formatCents(dailyLimitCents)}`}
      </p>
      {dailyLimitCents !== undefined && (
        <progress
          max={dailyLimitCents}
          value={Math.min(spentTodayCents, dailyLimitCents)}
          aria-hidden="true"
        />
      )}
      {raise && <p class="hint">{sayRaise(raise)}</p>}
      {editing.value ? (
        <LimitForm
          label="Daily limit ($)"
          hint="Leave it empty for no limit. A lower limit applies now, a higher one after 24 hours. Days are counted in UTC."
          cents={dailyLimitCents}
          save={(cents) => store.limitDay(cents ?? null)}
          close={() => (editing.value = false)}
        />
      ) : (
        <button type="button" class="link" onClick={() => (editing.value = true)}>
          {dailyLimitCents === undefined ? 'Set a daily limit' : 'Change the daily limit'}
        </button>
      )}
    </div>
  )
}

/** Returns the words for a higher limit that does not apply yet. */
function sayRaise({ dailyLimitCents, from }: NonNullable<LimitsView['raise']>): string {
  const when = `${formatDay(from)}, ${formatTime(from)}`
  if (dailyLimitCents === undefined) return `No daily limit from ${when}.`
  return `${formatCents(dailyLimitCents)} a day from ${when}.`
}

function EachSession({ store }: { store: LimitsStore }) {
  const editing = useSignal(false)
  const cents = store.sessionCents.value
  const save = async (wanted: number | undefined) => {
    store.limitSessions(wanted)
    return { ok: true as const, value: undefined }
  }
  return (
    <div class="limit">
      <p>
        {cents === undefined ? (
          'No limit per session'
        ) : (
          <>
            Each session stops at <b class="number">{formatCents(cents)}</b>
          </>
        )}
      </p>
      {editing.value ? (
        <LimitForm
          label="Stop each session at ($)"
          hint="Leave it empty for no limit. You can change it for one session while you talk."
          cents={cents}
          save={save}
          close={() => (editing.value = false)}
        />
      ) : (
        <button type="button" class="link" onClick={() => (editing.value = true)}>
          {cents === undefined ? 'Set a limit for each session' : 'Change the limit for each session'}
        </button>
      )}
    </div>
  )
}
