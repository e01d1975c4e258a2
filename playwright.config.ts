/** Configures the tests that drive a browser. */
import { defineConfig } from '@playwright/test'
import { findProgram } from './scripts/setup.js'

const IS_LONG = process.env.TEST_LONG === '1'

const CALM = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
]
const FAKE_DEVICES = [
  `--use-fake-device-for-media-stream=fps=${IS_LONG ? 10 : 5}`, // two of them share a small machine; five are the fewest
  '--use-fake-ui-for-media-stream',
  // Nothing resolves mDNS names on a machine without a network.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--allow-loopback-in-peer-connection',
]
// The shell is Chromium without its windows, at half the processor time. A long run takes the whole browser.
const BROWSER = IS_LONG ? 'chromium' : 'chromium-headless-shell'

/** They mostly wait for a clock: in a short run they have a worker of their own beside two that work. */
const WAITING =
  /\/(paid-session|ring-everywhere|own-limit|ringing|train|network\/(cuts|relay|hidden))\.spec\.ts$/

export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.spec.ts',
  snapshotPathTemplate: '{testDir}/{testFileName}-recorded/{arg}{ext}',
  grepInvert: IS_LONG ? [] : /@long/,
  fullyParallel: true,
  workers: IS_LONG ? 2 : 3,
  projects: IS_LONG
    ? [{}]
    : [
        { name: 'waiting', testMatch: WAITING, workers: 1 },
        { name: 'working', testIgnore: WAITING, workers: 2 },
      ],
  forbidOnly: true,
  timeout: 240_000,
  expect: { timeout: 40_000 },
  reporter: 'list',
  use: {
    actionTimeout: 40_000,
    screenshot: 'only-on-failure',
    serviceWorkers: 'block', // it only shows a page while we are away, and costs every context a start
    permissions: ['camera', 'microphone'],
    // Every frame is drawn by the processor: a twentieth of it went into movement.
    contextOptions: IS_LONG ? {} : { reducedMotion: 'reduce' },
    launchOptions: {
      executablePath: findProgram(BROWSER) ?? `/usr/bin/${BROWSER}`,
      args: [...CALM, ...FAKE_DEVICES],
    },
  },
})
