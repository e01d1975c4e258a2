/** Draws the device check, in which a person sees and hears themselves before anyone else does. */
import { useEffect, useMemo } from 'preact/hooks'
import type { SessionKind } from '../../shared/protocol/session.ts'
import { Alert } from '../ui/alert.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { browserDevices } from './environment.ts'
import { type DeviceKind, deviceMemory } from './memory.ts'
import { browserHere, sayBeforeCall, sayTrouble } from './messages.ts'
import { DevicePickers } from './pickers.tsx'
import { DeviceHearing, DevicePreview, SpeakerTest } from './preview.tsx'
import { createDeviceCheck, type DeviceCheck } from './store.ts'

/** Describes the call that the check leads to; without it, the check is on its own. */
export interface DeviceCheckFor {
  readonly readerName: string
  readonly rateCents: number
  readonly balanceCents: number
  ring: (kind: SessionKind) => void
}

interface DeviceCheckProps {
  kind: SessionKind
  before?: DeviceCheckFor
  onClose: () => void
}

export function DeviceCheckWindow({ kind, before, onClose }: DeviceCheckProps) {
  const check = useMemo(
    () => createDeviceCheck({ environment: browserDevices, memory: deviceMemory, kind }),
    [],
  )
  useEffect(() => check.stop, [])
  const title = before ? `Before you call ${before.readerName}` : 'Check camera and sound'
  return (
    <Dialog title={title} className="device-check" onClose={onClose}>
      {before && <p>{sayBeforeCall(before)}</p>}
      <Look check={check} />
      <Problem check={check} />
      {mayChoose(check) && <Choices check={check} />}
      {before ? <Ways check={check} before={before} onClose={onClose} /> : <Done onClose={onClose} />}
    </Dialog>
  )
}

function Look({ check }: { check: DeviceCheck }) {
  const wanted = check.kind.value === 'video' ? 'camera and microphone' : 'microphone'
  if (check.stream.value) {
    return (
      <>
        {check.kind.value === 'video' && <DevicePreview stream={check.stream.value} />}
        <DeviceHearing stream={check.stream.value} />
      </>
    )
  }
  if (check.problem.value) return null
  return (
    <div class="device-ask">
      <p>Check how you look and sound. No one can see or hear you yet.</p>
      <button
        type="button"
        class="button primary"
        disabled={check.state.value === 'asking'}
        onClick={() => void check.turnOn()}
      >
        <Icon name={check.kind.value === 'video' ? 'camera' : 'mic'} />
        Turn on {wanted}
      </button>
      {check.state.value === 'asking' && (
        <p role="status">Your browser is asking for permission: choose Allow.</p>
      )}
    </div>
  )
}

function Problem({ check }: { check: DeviceCheck }) {
  const problem = check.problem.value
  if (!problem) return null
  return (
    <Alert>
      <p>{sayTrouble(problem, browserHere())}</p>
      <button type="button" class="button" onClick={() => void check.turnOn()}>
        <Icon name="retry" />
        Try again
      </button>
    </Alert>
  )
}

/** Says whether another device can be chosen: not before the browser allows any. */
function mayChoose({ state, stream, problem }: DeviceCheck): boolean {
  return state.value === 'on' && (stream.value !== undefined || problem.value?.trouble === 'in_use')
}

function Choices({ check }: { check: DeviceCheck }) {
  const kinds: DeviceKind[] = check.kind.value === 'video' ? ['camera', 'microphone'] : ['microphone']
  return (
    <>
      <DevicePickers
        kinds={kinds}
        lists={check.lists.value}
        chosen={check.chosen.value}
        choose={(kind, id) => void check.choose(kind, id)}
      />
      <SpeakerTest check={check} />
    </>
  )
}

function Ways({
  check,
  before,
  onClose,
}: {
  check: DeviceCheck
  before: DeviceCheckFor
  onClose: () => void
}) {
  const kind = check.kind.value
  const ring = (chosen: SessionKind) => {
    onClose()
    before.ring(chosen)
  }
  return (
    <div class="device-ways">
      {check.stream.value && (
        <button type="button" class="button primary wide" onClick={() => ring(kind)}>
          <Icon name={kind} />
          Call {before.readerName}
        </button>
      )}
      <div class="row">
        {kind === 'video' && (
          <button type="button" class="button" onClick={() => void check.change('voice')}>
            <Icon name="voice" />
            Voice only
          </button>
        )}
        <button type="button" class="button" onClick={() => ring('chat')}>
          <Icon name="chat" />
          Chat only
        </button>
        <button type="button" class="button quiet" onClick={onClose}>
          Not now
        </button>
      </div>
    </div>
  )
}

function Done({ onClose }: { onClose: () => void }) {
  return (
    <button type="button" class="button" onClick={onClose}>
      Done
    </button>
  )
}
