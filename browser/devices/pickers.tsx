/** Draws a list for each kind of device. */
import { useId } from 'preact/hooks'
import type { DeviceLists } from './environment.ts'
import type { DeviceKind } from './memory.ts'

const LABELS: Record<DeviceKind, string> = { camera: 'Camera', microphone: 'Microphone', speaker: 'Speaker' }

interface DevicePickersProps {
  kinds: readonly DeviceKind[]
  lists: DeviceLists
  /** The ids that are in use now. */
  chosen: Readonly<Partial<Record<DeviceKind, string>>>
  choose: (kind: DeviceKind, id: string) => void
}

/** Draws the lists; a kind without devices is left out. */
export function DevicePickers({ kinds, lists, chosen, choose }: DevicePickersProps) {
  const id = useId()
  const told = kinds.filter((kind) => lists[kind].length > 0)
  if (told.length === 0) return null
  return (
    <div class="device-pickers">
      {told.map((kind) => (
        <div key={kind} class="field">
          <label for={`${id}-${kind}`}>{LABELS[kind]}</label>
          <select
            id={`${id}-${kind}`}
            value={chosen[kind] ?? lists[kind][0]?.id ?? ''}
            onChange={(event) => choose(kind, event.currentTarget.value)}
          >
            {lists[kind].map((device) => (
              <option key={device.id} value={device.id}>
                {device.label}
              </option>
            ))}
          </select>
        </div>
      ))}
    </div>
  )
}
