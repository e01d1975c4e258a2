/**
 * Remembers which camera, microphone and speaker were chosen in this browser, and that they work.
 */

const DEVICE_KINDS = ['camera', 'microphone', 'speaker'] as const
export type DeviceKind = (typeof DEVICE_KINDS)[number]

/** Identifies a device; the label finds it again when the browser has changed its id. */
export interface KnownDevice {
  readonly id: string
  readonly label: string
}

export type KnownDevices = Readonly<Partial<Record<DeviceKind, KnownDevice>>>

export interface DeviceMemory {
  devices(): KnownDevices
  keep(kind: DeviceKind, device: KnownDevice): void
  /** Says whether a device check in this browser has succeeded. */
  hasPassed(): boolean
  pass(): void
}

interface Kept {
  readonly devices: KnownDevices
  readonly passed: boolean
}

const KEY = 'soulseer.devices'
const NOTHING: Kept = { devices: {}, passed: false }

/**
 * Creates the memory in `storage`, which may refuse to keep anything: then every check is the
 * first.
 */
export function createDeviceMemory(storage: () => Pick<Storage, 'getItem' | 'setItem'>): DeviceMemory {
  const read = (): Kept => {
    try {
      return parse(storage().getItem(KEY))
    } catch {
      return NOTHING
    }
  }
  const write = (kept: Kept) => {
    try {
      storage().setItem(KEY, JSON.stringify(kept))
    } catch {
      // Only the choice for next time is lost.
    }
  }
  return {
    devices: () => read().devices,
    keep: (kind, device) => {
      const kept = read()
      write({ ...kept, devices: { ...kept.devices, [kind]: device } })
    },
    hasPassed: () => read().passed,
    pass: () => write({ ...read(), passed: true }),
  }
}

export const deviceMemory = createDeviceMemory(() => localStorage)

/** Returns the connected device that was chosen before, found by its id, else by its label. */
export function findKnown(
  there: readonly KnownDevice[],
  known: KnownDevice | undefined,
): KnownDevice | undefined {
  if (!known) return undefined
  const named = known.label === '' ? undefined : there.find(({ label }) => label === known.label)
  return there.find(({ id }) => id === known.id) ?? named
}

/** Parses what was stored, which may be of an older version or written by another program. */
function parse(text: string | null): Kept {
  const value: unknown = JSON.parse(text ?? 'null')
  if (typeof value !== 'object' || value === null) return NOTHING
  const { devices, passed } = value as Partial<Record<string, unknown>>
  const entries = typeof devices === 'object' && devices !== null ? Object.entries(devices) : []
  const known = entries.filter(([kind, device]) => isKind(kind) && isKnown(device))
  return { devices: Object.fromEntries(known), passed: passed === true }
}

function isKind(kind: string): kind is DeviceKind {
  return DEVICE_KINDS.some((one) => one === kind)
}

function isKnown(device: unknown): device is KnownDevice {
  if (typeof device !== 'object' || device === null) return false
  const { id, label } = device as Partial<Record<string, unknown>>
  return typeof id === 'string' && typeof label === 'string'
}
