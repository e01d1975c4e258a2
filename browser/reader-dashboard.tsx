import { formatCents } from '../shared/money.ts'
import type { SettingsView } from '../shared/protocol.ts'
import type { Api } from './api.ts'
import { Incoming } from './incoming.tsx'
import { Icon } from './parts/icon.tsx'
import { Loaded } from './parts/loaded.tsx'
import { ReturnBanner } from './parts/return-banner.tsx'
import { PastSessions } from './past-sessions.tsx'
import { RateCard } from './rate-card.tsx'
import type { ReaderBoard } from './reader-board.ts'

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
          <RateCard board={board} />
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
