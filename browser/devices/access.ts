/** What is known of camera and microphone before they are asked for: whether a ring may start at once, and whether any is there. */
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

/** Resolves with whether everything this kind of session needs may be used without a question. Never rejects. */
export async function mayRingAtOnce(
  kind: SessionKind,
  { query, memory }: AccessParts = browserAccess,
): Promise<boolean> {
  const told = await Promise.all(NEEDED[kind].map(query))
  return told.every((access) => access === 'granted' || (access === 'unknown' && memory.hasPassed()))
}

interface ThereParts extends Pick<AccessParts, 'query'> {
  /** What kinds of devices there are; undefined where the browser does not tell. */
  kinds: () => Promise<readonly MediaDeviceKind[] | undefined>
}

/**
 * Resolves with whether neither a microphone nor a camera can be used: none is there, or none is allowed. Where that cannot be
 * told it is false. Never rejects.
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

/** Some browsers do not tell, others do not know the question. */
async function queryBrowser(device: 'camera' | 'microphone'): Promise<Access> {
  try {
    return (await navigator.permissions.query({ name: device })).state
  } catch {
    return 'unknown'
  }
}
