/**
 * Draws a reader's availability on every page: an incoming request, a lapse, or a ring that would
 * be silent.
 */
import type { SettingsView } from '../../shared/protocol/views.ts'
import { Icon } from '../ui/icon.tsx'
import { Incoming } from './incoming.tsx'
import type { ReaderPresence } from './reader-presence.ts'

interface ReaderLineProps {
  presence: ReaderPresence
  settings: SettingsView
  /** Returns the server's clock, in milliseconds since the epoch. */
  serverNow: () => number
}

export function ReaderLine({ presence, settings, serverNow }: ReaderLineProps) {
  const invite = presence.invite.value
  return (
    <>
      <Notices presence={presence} />
      {invite && (
        <Incoming
          key={invite.id}
          session={invite}
          presence={presence}
          ringTimeoutMs={settings.ringTimeoutMs}
          serverNow={serverNow}
        />
      )}
    </>
  )
}

function Notices({ presence }: { presence: ReaderPresence }) {
  const notice = presence.notice.value
  const lapsed = presence.lapsed.value
  const silent = presence.available.value && !presence.soundOn.value
  return (
    <div class="reader-line">
      {notice && (
        <p class="notice" role="status">
          {notice}
        </p>
      )}
      {lapsed && (
        <div class="notice" role="status">
          <span>You are no longer available: clients see you as offline and cannot call you.</span>
          <span class="row">
            <button type="button" class="button primary" onClick={() => void presence.goAvailable()}>
              Go available again
            </button>
            <button type="button" class="button" onClick={presence.stayOffline}>
              Stay offline
            </button>
          </span>
        </div>
      )}
      {silent && (
        <p class="notice sound">
          <span>The ring is silent until you turn on sound here.</span>
          <button type="button" class="button" onClick={() => void presence.turnSoundOn()}>
            <Icon name="sound" />
            Turn on sound
          </button>
        </p>
      )}
    </div>
  )
}
