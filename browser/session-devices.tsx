import type { DeviceKind } from './device-memory.ts'
import { DevicePickers } from './device-pickers.tsx'
import { canChooseSpeaker } from './device-world.ts'
import type { SessionBoard } from './session-board.ts'
import { canPopOut, PopOut } from './session-pop-out.tsx'
import { sayPath } from './words-media.ts'

/** Camera, microphone and speaker of the running call, and which way it takes. */
export function SessionDevices({ board }: { board: SessionBoard }) {
  const { call } = board
  const { kind } = board.session.value
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
      {kind === 'video' && canPopOut() && <PopOut className="button tight" />}
      {call.quality.value && <p class="hint">{sayPath(call.quality.value)}</p>}
    </>
  )
}
