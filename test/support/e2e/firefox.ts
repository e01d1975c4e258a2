/** Has the tests of a file drive Firefox, with a camera and a microphone that it makes up. */
import { resolve } from 'node:path'

const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true, // asking is the browser's own page, which no test reaches
  // A machine without a network has no address but its own, and resolves no mDNS names.
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
}

/** The options of Playwright that a file of such tests uses. */
export const FIREFOX = {
  browserName: 'firefox',
  channel: 'moz-firefox',
  permissions: [] as string[],
  serviceWorkers: 'allow',
  launchOptions: {
    executablePath: resolve('test/support/e2e/firefox-bridge.js'),
    firefoxUserPrefs: PREFERENCES,
    timeout: 180_000,
  },
} as const
