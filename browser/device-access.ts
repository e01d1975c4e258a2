/** Whether a ring may start at once, or camera and microphone are better looked at first. */
import type { SessionKind } from '../shared/protocol.ts'
import { type DeviceMemory, deviceMemory } from './device-memory.ts'

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

/** Some browsers do not tell, others do not know the question. */
async function queryBrowser(device: 'camera' | 'microphone'): Promise<Access> {
  try {
    return (await navigator.permissions.query({ name: device })).state
  } catch {
    return 'unknown'
  }
}
