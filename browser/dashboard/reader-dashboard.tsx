/** Draws the dashboard of a reader. */
import { useSignal } from '@preact/signals'
import { DeviceCheckWindow } from '../devices/check.tsx'
import { PastSessions } from '../history/sessions.tsx'
import type { Api } from '../lib/api.ts'
import { PasskeySuggestion } from '../passkeys/suggestion.tsx'
import { Alert } from '../ui/alert.tsx'
import { Icon } from '../ui/icon.tsx'
import { ReturnBanner } from '../ui/return-banner.tsx'
import { EarningsPanel } from './earnings-panel.tsx'
import { Missed } from './missed-list.tsx'
import { ProfileCard } from './profile-card.tsx'
import { RateCard } from './rate-card.tsx'
import type { ReaderStore } from './reader-store.ts'

interface ReaderDashboardProps {
  api: Api
  store: ReaderStore
}

export function ReaderDashboard({ api, store }: ReaderDashboardProps) {
  const { presence } = store
  return (
    <>
      <h1 class="unseen">Your dashboard</h1>
      {presence.open.value && <ReturnBanner session={presence.open.value} />}
      <div class="board-room">
        <div class="board of-reader">
          <div class="board-main">
            <Availability store={store} />
            <PasskeySuggestion user={presence.user.value} />
            <EarningsPanel earnings={store.earnings} retry={store.refreshPast} />
          </div>
          <div class="board-side">
            <RateCard presence={presence} />
            <ProfileCard presence={presence} />
            <Missed sessions={store.sessions} />
          </div>
          <PastSessions
            api={api}
            viewer="reader"
            listPage={store.sessions}
            empty="Your first reading will appear here, with what it earned. Clients see you once you are available."
            brief
          />
        </div>
      </div>
    </>
  )
}

function Availability({ store }: { store: ReaderStore }) {
  const { presence } = store
  const on = presence.available.value
  const checking = useSignal(false)
  const quiet = presence.soundOn.value
    ? 'All quiet. You will hear the ring when a client calls.'
    : 'All quiet.'
  const flip = async () => {
    if (presence.turning.value) return
    void store.lookForDevices()
    if (on) return presence.setAvailable(false)
    // Browsers allow sound right after a tap, and not a moment later.
    void presence.allowSound()
    await presence.goAvailable()
  }
  return (
    <section class={on ? 'availability card on' : 'availability card'}>
      <button
        type="button"
        class="switch"
        role="switch"
        aria-checked={on}
        aria-busy={presence.turning.value !== undefined}
        aria-describedby="switch-note"
        onClick={() => void flip()}
      >
        <span class="track" aria-hidden="true" />
        Available for sessions
      </button>
      <KeepsRoom
        id="switch-note"
        words={sayTurning(presence.turning.value) ?? sayReachable(on, presence.online.value)}
        longest={on ? REACHABLE : ''}
      />
      {store.lacksDevices.value && (
        <Alert>
          <p>
            No microphone or camera can be used here. In a voice or video session the client could not hear or
            see you, and would not be charged. Chat works.
          </p>
        </Alert>
      )}
      {on && <KeepsRoom words={presence.online.value ? quiet : ''} longest={quiet} />}
      <div class="row">
        <button type="button" class="button" onClick={() => void presence.turnSoundOn()}>
          <Icon name="sound" />
          Test the ring
        </button>
        <button type="button" class="button" onClick={() => (checking.value = true)}>
          <Icon name="camera" />
          Check camera and sound
        </button>
      </div>
      {checking.value && <DeviceCheckWindow kind="video" onClose={() => (checking.value = false)} />}
    </section>
  )
}

function sayTurning(to: 'on' | 'off' | undefined): string | undefined {
  return to && (to === 'on' ? 'Making you available…' : 'Taking you offline…')
}

const REACHABLE =
  'Clients can call you while any page of SoulSeer is open here. Closing the last one takes you offline.'

function sayReachable(available: boolean, online: boolean): string {
  if (!available) return 'Clients see you as offline and cannot call you.'
  return online ? REACHABLE : 'Waiting for your connection to come back.'
}

interface KeepsRoomProps {
  words: string
  longest: string
  id?: string
}

/**
 * Draws `words` in the room that `longest` takes, so that a lost connection moves nothing. The style
 * sheet draws `longest` unseen, which no screen reader reads.
 */
function KeepsRoom({ words, longest, id }: KeepsRoomProps) {
  return (
    <p class={id ? 'keeps-room hint' : 'keeps-room'} id={id} data-longest={longest}>
      <span>{words}</span>
    </p>
  )
}
