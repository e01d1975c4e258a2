import { useSignal } from '@preact/signals'
import { formatCents } from '../../shared/money.ts'
import type { LimitsView } from '../../shared/protocol/views.ts'
import { formatDay, formatTime } from '../lib/format.ts'
import { Loaded } from '../ui/loaded.tsx'
import { LimitForm } from './limit-form.tsx'
import type { LimitsBoard } from './limits-store.ts'

/** What the client has spent today, and the client's own limits. */
export function LimitsCard({ board }: { board: LimitsBoard }) {
  return (
    <section class="limits card" aria-labelledby="limits-title">
      <h2 id="limits-title">Your own limits</h2>
      <Loaded of={board.day.value} retry={() => void board.refresh()}>
        {(limits) => <Day limits={limits} board={board} />}
      </Loaded>
      <EachSession board={board} />
    </section>
  )
}

function Day({ limits, board }: { limits: LimitsView; board: LimitsBoard }) {
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
          label="Most a day ($)"
          hint="Leave it empty for no limit. A lower limit holds at once, a higher one after a day. Days are counted in UTC."
          cents={dailyLimitCents}
          save={(cents) => board.limitDay(cents ?? null)}
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

/** What has been asked for and does not hold yet. */
function sayRaise({ dailyLimitCents, from }: NonNullable<LimitsView['raise']>): string {
  const when = `${formatDay(from)}, ${formatTime(from)}`
  if (dailyLimitCents === undefined) return `No daily limit from ${when} on.`
  return `${formatCents(dailyLimitCents)} a day from ${when} on.`
}

function EachSession({ board }: { board: LimitsBoard }) {
  const editing = useSignal(false)
  const cents = board.sessionCents.value
  const save = async (wanted: number | undefined) => {
    board.limitSessions(wanted)
    return { ok: true as const, value: undefined }
  }
  return (
    <div class="limit">
      <p>
        {cents === undefined ? (
          'A session may use the whole balance'
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
