/** Words how to allow camera and microphone again, for the browser in use. */
import { formatCents } from '../../shared/money.ts'
import type { Device, MediaProblem } from '../call/types.ts'
import { formatMinutesFor, formatRate } from '../lib/format.ts'

export type BrowserName =
  | 'chrome'
  | 'chrome-android'
  | 'firefox'
  | 'safari'
  | 'safari-ios'
  | 'other-ios'
  | 'in-app'
  | 'other'

const IN_APP = /FBAN|FBAV|Instagram|Line\/|MicroMessenger|TikTok|musical_ly|Snapchat|GSA\/|; wv\)/
const OTHER_IOS = /CriOS|FxiOS|EdgiOS|OPiOS/

/**
 * Returns the browser, as far as its permission settings differ. `touch`: an iPad calls itself a
 * Mac.
 */
export function browserOf(agent: string, touch: boolean): BrowserName {
  if (IN_APP.test(agent)) return 'in-app'
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touch)) {
    return OTHER_IOS.test(agent) ? 'other-ios' : 'safari-ios'
  }
  if (/Firefox\//.test(agent)) return 'firefox'
  if (/Chrome\//.test(agent)) return /Android/.test(agent) ? 'chrome-android' : 'chrome'
  return /Safari\//.test(agent) ? 'safari' : 'other'
}

export const browserHere = (): BrowserName => browserOf(navigator.userAgent, navigator.maxTouchPoints > 1)

/** Returns what a call will cost, and from when on. */
export function sayBeforeCall({
  rateCents,
  balanceCents,
}: {
  rateCents: number
  balanceCents: number
}): string {
  const lasts = formatMinutesFor(balanceCents, rateCents)
  return `${formatRate(rateCents)}. Your balance of ${formatCents(balanceCents)} is enough for ${lasts}. Charging starts when you are both connected.`
}

const WAYS: Record<BrowserName, (devices: string) => string> = {
  chrome: (devices) =>
    `Click the icon to the left of the address, turn the ${devices} on, then press Try again.`,
  'chrome-android': (devices) =>
    `Tap the icon to the left of the address, then Permissions, and allow the ${devices}. Then press Try again.`,
  firefox: (devices) =>
    `Click the crossed-out icon beside the address, remove the block on the ${devices}, then press Try again.`,
  safari: (devices) =>
    `In the Safari menu open the settings for this website, set the ${devices} to Allow, then press Try again.`,
  'safari-ios': (devices) =>
    `Tap the icon to the left of the address, open the website settings, and set the ${devices} to Allow. Then press Try again.`,
  'other-ios': (devices) =>
    `Open your phone’s Settings, find this browser in the list of apps, and turn the ${devices} on. Then come back and press Try again.`,
  'in-app': () =>
    'You are inside another app, which does not allow that. Use the app’s menu to open this page in Safari or Chrome.',
  other: (devices) => `Allow the ${devices} for this page in your browser’s settings, then press Try again.`,
}

/** Returns what the browser blocks, and how to allow it again. */
function sayDenied(devices: string, browser: BrowserName): string {
  return `Your browser is blocking the ${devices}. ${WAYS[browser](devices)}`
}

/** Returns what is wrong with a device, and how to fix it. */
export function sayTrouble({ devices, trouble }: MediaProblem, browser: BrowserName): string {
  const what = sayDevices(devices)
  const it = sayThem(devices)
  switch (trouble) {
    case 'denied':
      return sayDenied(what, browser)
    case 'none':
      return `We cannot find the ${what}. Plug ${it} in, then press Try again.`
    case 'in_use':
      return `Another program is using the ${what}. Close it there, then press Try again.`
    case 'insecure':
      return 'This browser cannot make calls from this page. Open it over https in Safari or Chrome.'
    case 'lost':
      return `The ${what} ${it === 'it' ? 'was' : 'were'} disconnected. Plug ${it} in again, then press Try again.`
    case 'unknown':
      return `The ${what} did not start. Press Try again.`
  }
}

/** Returns the pronoun of devices that have been named. */
export function sayThem(devices: readonly Device[]): 'it' | 'them' {
  return devices.length === 1 ? 'it' : 'them'
}

/** Returns the devices as words: `["microphone", "camera"]` → `"camera and microphone"`. */
function sayDevices(devices: readonly Device[]): string {
  const named = (['camera', 'microphone'] as const).filter((device) => devices.includes(device))
  return named.length > 0 ? named.join(' and ') : 'camera and microphone'
}
