import { useSignal } from '@preact/signals'
import type { SettingsView } from '../shared/protocol.ts'
import type { Api } from './api.ts'
import { DeviceCheckWindow } from './device-check.tsx'
import { EarningsPanel } from './earnings-panel.tsx'
import { Incoming } from './incoming.tsx'
import { Missed } from './missed-list.tsx'
import { Icon } from './parts/icon.tsx'
import { ReturnBanner } from './parts/return-banner.tsx'
import { PastSessions } from './past-sessions.tsx'
import { ProfileCard } from './profile-card.tsx'
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
          <EarningsPanel earnings={board.earnings} retry={board.refreshPast} />
          <PastSessions
            api={api}
            viewer="reader"
            page={board.sessions}
            empty="Your first reading will show here, with what it earned. Clients see you once you are available."
            brief
          />
        </div>
        <div class="board-side">
          <RateCard board={board} />
          <ProfileCard board={board} />
          <Missed sessions={board.sessions} />
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
  const checking = useSignal(false)
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
      <button type="button" class="button device-link" onClick={() => (checking.value = true)}>
        <Icon name="camera" />
        Check camera and sound
      </button>
      {checking.value && <DeviceCheckWindow kind="video" onClose={() => (checking.value = false)} />}
    </section>
  )
}
