import { useSignal } from '@preact/signals'
import { formatCents, parseDollars } from '../shared/money.ts'
import type { SettingsView } from '../shared/protocol.ts'
import type { Api } from './api.ts'
import { formatRate } from './format.ts'
import { Incoming } from './incoming.tsx'
import { Field } from './parts/field.tsx'
import { Icon } from './parts/icon.tsx'
import { Loaded } from './parts/loaded.tsx'
import { ReturnBanner } from './parts/return-banner.tsx'
import { say } from './parts/speech.ts'
import { PastSessions } from './past-sessions.tsx'
import type { ReaderBoard } from './reader-board.ts'
import { sayFailure } from './words.ts'

interface ReaderDashboardProps {
  api: Api
  board: ReaderBoard
  settings: SettingsView
}

export function ReaderDashboard({ api, board, settings }: ReaderDashboardProps) {
  const invite = board.invite.value
  return (
    <>
      <h1 class="unseen">Your dashboard</h1>
      <div class="board">
        {board.open.value && <ReturnBanner session={board.open.value} />}
        {board.notice.value && (
          <p class="notice" role="status">
            {board.notice.value}
          </p>
        )}
        <div class="board-main">
          <Availability board={board} />
          <PastSessions
            api={api}
            viewer="reader"
            page={board.sessions}
            empty="Nothing yet. Your first session shows here, with what it earned."
          />
        </div>
        <div class="board-side">
          <Earnings board={board} />
          <Rate board={board} />
        </div>
      </div>
      {invite && (
        <Incoming
          key={invite.id}
          session={invite}
          board={board}
          ringTimeoutMs={settings.ringTimeoutMs}
          serverNow={api.serverNow}
        />
      )}
    </>
  )
}

function Availability({ board }: { board: ReaderBoard }) {
  const on = board.available.value
  const flip = () => {
    if (!on) void board.turnSoundOn()
    void board.setAvailable(!on)
  }
  return (
    <section class={on ? 'availability card on' : 'availability card'}>
      <button
        type="button"
        class="switch"
        role="switch"
        aria-checked={on}
        aria-describedby="switch-note"
        onClick={flip}
      >
        <span class="track" aria-hidden="true" />
        Available for sessions
      </button>
      <p class="hint" id="switch-note">
        {on
          ? 'Clients can ring you. Keep this page open: once it is closed you go offline by yourself.'
          : 'Clients see you as offline and cannot ring you.'}
      </p>
      {on && !board.soundOn.value && (
        <p class="sound">
          <span>The ring is silent until you allow it here.</span>
          <button type="button" class="button" onClick={() => void board.turnSoundOn()}>
            <Icon name="sound" />
            Turn on sound
          </button>
        </p>
      )}
    </section>
  )
}

function Earnings({ board }: { board: ReaderBoard }) {
  return (
    <section class="earnings card" aria-labelledby="earnings-title">
      <h2 id="earnings-title">Earned so far</h2>
      <Loaded of={board.earnedCents.value} retry={board.refreshPast}>
        {(cents) => (
          <p class="figure" data-testid="earnings-total">
            {formatCents(cents)}
          </p>
        )}
      </Loaded>
    </section>
  )
}

function Rate({ board }: { board: ReaderBoard }) {
  const editing = useSignal(false)
  return (
    <section class="rate card" aria-labelledby="rate-title">
      <h2 id="rate-title">Your rate</h2>
      <p class="figure">{formatRate(board.rateCents.value)}</p>
      {editing.value ? (
        <RateForm board={board} onClose={() => (editing.value = false)} />
      ) : (
        <button type="button" class="button" onClick={() => (editing.value = true)}>
          Change rate
        </button>
      )}
    </section>
  )
}

function RateForm({ board, onClose }: { board: ReaderBoard; onClose: () => void }) {
  const draft = useSignal((board.rateCents.value / 100).toFixed(2))
  const error = useSignal('')
  const save = async (event: Event) => {
    event.preventDefault()
    const cents = parseDollars(draft.value)
    if (cents === undefined) {
      error.value = 'Enter your rate in dollars, like 2.50.'
      return
    }
    const answer = await board.setRate(cents)
    if (!answer.ok) {
      error.value = answer.failure.errors?.[0]?.message ?? sayFailure(answer.failure)
      return
    }
    say(`Your rate is now ${formatRate(cents)}.`)
    onClose()
  }
  return (
    <form noValidate onSubmit={save}>
      <Field
        label="Rate per minute ($)"
        name="rate"
        inputMode="decimal"
        value={draft.value}
        onValue={(value) => (draft.value = value)}
        error={error.value || undefined}
        hint="From the next request on. A session that was already asked for keeps its rate."
      />
      <div class="row">
        <button type="submit" class="button primary">
          Save rate
        </button>
        <button type="button" class="button quiet" onClick={onClose}>
          Keep the old one
        </button>
      </div>
    </form>
  )
}
