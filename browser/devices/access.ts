/** Finds out what is known of camera and microphone before they are asked for. */
import type { SessionKind } from '../../shared/protocol/session.ts'
import { type DeviceMemory, deviceMemory } from './memory.ts'

type Access = PermissionState | 'unknown'

const NEEDED: Record<SessionKind, readonly ('camera' | 'microphone')[]> = {
  video: ['camera', 'microphone'],
  voice: ['microphone'],
  chat: [],
}

interface AccessParts {
  query: (device: 'camera' | 'microphone') => Promise<Access>
  memory: DeviceMemory
}

const browserAccess: AccessParts = { query: queryBrowser, memory: deviceMemory }

/**
 * Resolves with whether everything this kind of session needs may be used without asking. Never
 * rejects.
 */
export async function mayRingAtOnce(
  kind: SessionKind,
  { query, memory }: AccessParts = browserAccess,
): Promise<boolean> {
  const told = await Promise.all(NEEDED[kind].map(query))
  return told.every((access) => access === 'granted' || (access === 'unknown' && memory.hasPassed()))
}

interface ThereParts extends Pick<AccessParts, 'query'> {
  /**
   * Resolves with the kinds of devices that are connected; undefined where the browser does not
   * say.
   */
  kinds: () => Promise<readonly MediaDeviceKind[] | undefined>
}

/**
 * Resolves with whether neither a microphone nor a camera can be used: none is connected, or none
 * is allowed. Where that is unknown it is false. Never rejects.
 */
export async function hasNothingToSend({ query, kinds }: ThereParts = browserThere): Promise<boolean> {
  const there = await kinds()
  if (!there) return false
  const usable = async (device: 'camera' | 'microphone', kind: MediaDeviceKind) =>
    there.includes(kind) && (await query(device)) !== 'denied'
  return !(await usable('microphone', 'audioinput')) && !(await usable('camera', 'videoinput'))
}

const browserThere: ThereParts = {
  query: queryBrowser,
  kinds: async () => {
    const there = await navigator.mediaDevices?.enumerateDevices().catch(() => undefined)
    return there?.map(({ kind }) => kind)
  },
}

/**
 * Asks the browser for a permission's state. Some browsers do not say, others do not know the
 * question.
 */
async function queryBrowser(device: 'camera' | 'microphone'): Promise<Access> {
  try {
    return (await navigator.permissions.query({ name: device })).state
  } catch {
    return 'unknown'
  }
}
