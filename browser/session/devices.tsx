/** Draws the choice of camera, microphone and speaker during a call, and the route of the call. */
import { sayPath } from '../call/messages.ts'
import { canChooseSpeaker } from '../devices/environment.ts'
import type { DeviceKind } from '../devices/memory.ts'
import { DevicePickers } from '../devices/pickers.tsx'
import { DeviceHearing } from '../devices/preview.tsx'
import { canPopOut, PopOut } from './pop-out.tsx'
import type { SessionStore } from './store.ts'

export function SessionDevices({ store }: { store: SessionStore }) {
  const { call } = store
  const { kind } = store.session.value
  const lists = call.lists.value
  const kinds: DeviceKind[] = [
    ...(kind === 'video' ? (['camera'] as const) : []),
    'microphone',
    ...(canChooseSpeaker() ? (['speaker'] as const) : []),
  ]
  const chosen = {
    camera: call.cameraId.value ?? lists.camera[0]?.id ?? '',
    microphone: call.local.value?.microphoneId ?? '',
    speaker: call.speakerId.value ?? lists.speaker[0]?.id ?? '',
  }
  return (
    <>
      {kind !== 'chat' && (
        <DevicePickers
          kinds={kinds}
          lists={lists}
          chosen={chosen}
          choose={(device, id) => void call.choose(device, id)}
        />
      )}
      {call.localStream.value && call.local.value?.microphone === 'on' && (
        <DeviceHearing stream={call.localStream.value} />
      )}
      {kind === 'video' && canPopOut() && <PopOut className="button" />}
      {call.quality.value && <p class="hint">{sayPath(call.quality.value)}</p>}
    </>
  )
}
