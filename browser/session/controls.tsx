/** Draws the buttons of a running call; each names what it does and shows whether it is pressed. */
import { Icon, type IconName } from '../ui/icon.tsx'
import { OptionsButton } from './options-button.tsx'
import { canPopOut, PopOut } from './pop-out.tsx'
import type { SessionStore } from './store.ts'

export function SessionControls({ store }: { store: SessionStore }) {
  const { call } = store
  const ofVideo = store.session.value.kind === 'video'
  return (
    <div class="controls">
      <Switch
        on={call.muted.value}
        icon={call.muted.value ? 'mic-off' : 'mic'}
        label="Mute"
        flip={call.toggleMute}
      />
      {ofVideo && (
        <Switch
          on={call.cameraOff.value}
          icon={call.cameraOff.value ? 'camera-off' : 'camera'}
          label="Camera off"
          flip={call.toggleCamera}
        />
      )}
      {ofVideo && canFlip(store) && (
        <button type="button" class="button" onClick={() => void call.flipCamera()}>
          <Icon name="flip" />
          <span class="label">Flip camera</span>
        </button>
      )}
      {ofVideo && canShare() && (
        <Switch
          on={call.local.value?.screen === true}
          icon="screen"
          label="Share screen"
          flip={() => void call.toggleSharing()}
        />
      )}
      {ofVideo && canPopOut() && <PopOut className="button roomy" />}
      <ChatButton store={store} />
      <OptionsButton store={store} />
    </div>
  )
}

interface SwitchProps {
  on: boolean
  icon: IconName
  label: string
  flip: () => void
}

function Switch({ on, icon, label, flip }: SwitchProps) {
  return (
    <button type="button" class="button" aria-pressed={on} onClick={flip}>
      <Icon name={icon} />
      <span class="label">{label}</span>
    </button>
  )
}

/**
 * Hides the chat on a small window to make room for the picture; new lines are counted meanwhile.
 */
function ChatButton({ store }: { store: SessionStore }) {
  const folded = store.chatFolded.value
  const unread = store.chat.unread.value
  return (
    <button
      type="button"
      class="button chat-button"
      aria-expanded={!folded}
      aria-controls="chat"
      onClick={() => (store.chatFolded.value = !folded)}
    >
      <Icon name="chat" />
      <span class="label">Chat</span>
      {folded && unread > 0 && (
        <span class="badge">
          {unread}
          <span class="unseen"> new</span>
        </span>
      )}
    </button>
  )
}

/**
 * Says whether there is another camera to switch to. Phones have one on either side, and cannot
 * share their screen.
 */
function canFlip(store: SessionStore): boolean {
  return store.call.lists.value.camera.length > 1 && matchMedia('(pointer: coarse)').matches
}

function canShare(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function'
}
