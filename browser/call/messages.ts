/** Words what a running call says about sound, picture and connection. */
import type { SessionView } from '../../shared/protocol/session.ts'
import { type BrowserName, sayThem, sayTrouble } from '../devices/messages.ts'
import type { MediaProblem, PeerMedia, Quality } from './types.ts'

/**
 * Returns a sentence about a missing device: what to do, and that the session goes on meanwhile.
 */
export function sayProblem(problem: MediaProblem, browser: BrowserName): string {
  return `${sayTrouble(problem, browser)} The session continues without ${sayThem(problem.devices)}, and the chat still works.`
}

/**
 * Returns the same for a reader who sends neither sound nor picture, and is not paid for that time.
 */
export function sayNothingSent(problem: MediaProblem, browser: BrowserName, client: string): string {
  return `${sayTrouble(problem, browser)} ${client} cannot hear or see you, and pays nothing until this is fixed.`
}

/** Returns the sentence for a client who receives neither sound nor picture. */
export function sayNothingComes(reader: string): string {
  return `No sound or picture is arriving from ${reader}. You pay only while it does.`
}

/** Returns the reason why the chat is closed. */
export function sayChatHeld(status: SessionView['status'], hasBegun: boolean): string {
  if (status === 'paused') return 'You can send messages again when the connection is back.'
  return hasBegun
    ? 'The connection is unstable. You can send messages again in a moment.'
    : 'You can send messages as soon as the two of you are connected.'
}

const GOOD: Record<Quality['level'], string> = {
  good: 'Good connection',
  fair: 'Fair connection',
  poor: 'Weak connection',
  lost: 'No connection',
}
const WEAK: Record<Quality['whose'], string> = {
  nobody: 'Weak connection',
  mine: 'Your connection is weak',
  theirs: 'Their connection is weak',
  both: 'Both connections are weak',
}

/** Returns how good the connection is and, where it is bad, on whose side. */
export function sayQuality({ level, whose }: Pick<Quality, 'level' | 'whose'>): string {
  return level === 'poor' ? WEAK[whose] : GOOD[level]
}

const PATHS: Record<Quality['path'], string> = {
  direct: 'Sound, picture and chat go directly between the two of you.',
  relay:
    'Sound, picture and chat go through our relay, which cannot read them and hides both your addresses.',
  unknown: 'Sound, picture and chat go encrypted between the two of you.',
}

/** Returns the route of the call and its delay. */
export function sayPath({ path, rttMs }: Quality): string {
  return rttMs === undefined ? PATHS[path] : `${PATHS[path]} The round trip takes ${Math.round(rttMs)} ms.`
}

/** Returns what the other person has turned off or shares; undefined when all is as usual. */
export function sayPeer(
  { microphone, camera, screen }: PeerMedia,
  name: string,
  withPicture: boolean,
): string | undefined {
  const picture = screen ? 'is sharing their screen' : CAMERA[camera]
  const said = [withPicture ? picture : '', MICROPHONE[microphone]].filter(Boolean)
  return said.length > 0 ? `${name} ${said.join(' · ')}` : undefined
}

const CAMERA: Record<PeerMedia['camera'], string> = {
  on: '',
  off: 'turned the camera off',
  saving: 'turned the camera off to keep the sound clear',
  none: 'has no camera',
}
const MICROPHONE: Record<PeerMedia['microphone'], string> = {
  on: '',
  muted: 'muted',
  none: 'has no microphone',
}
