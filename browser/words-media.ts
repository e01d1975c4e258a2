import type { Device, MediaProblem, MediaTrouble } from './call.ts'

const TROUBLE: Record<MediaTrouble, (devices: string) => string> = {
  denied: (devices) =>
    `Your browser is blocking the ${devices}. Allow it with the icon beside the address, then reload this page.`,
  none: (devices) => `We cannot find the ${devices}. Plug it in, then reload this page.`,
  in_use: (devices) => `Another program is using the ${devices}. Close it there, then reload this page.`,
  insecure: () =>
    'This browser gives no camera or microphone to this page. Open it over https in a current browser.',
  lost: (devices) => `The ${devices} went away. Plug it in again, then reload this page.`,
  unknown: (devices) => `The ${devices} did not start. Reload this page to try again.`,
}

/** A device that is missing, in words: what to do, and that the session goes on meanwhile. */
export function sayProblem({ devices, trouble }: MediaProblem): string {
  return `${TROUBLE[trouble](nameOf(devices))} The session goes on without it, and the chat always works.`
}

function nameOf(devices: readonly Device[]): string {
  return devices.length > 0 ? devices.join(' and ') : 'camera and microphone'
}
