/**
 * `npm run bench:call`: how long it takes from "Accept" until both people see each other, directly
 * and through a relay, beside two bare pages with the same devices and no server between them, in
 * turns in the same browser. The goals: half of the calls within a second, and within 1.3 times the
 * bare pages. `RUNS=5` measures five calls of each kind instead of twenty.
 */
import { cpus, loadavg } from 'node:os'
import { chromium } from '@playwright/test'
import { createIce } from '../adapters/system/ice-servers.ts'
import { startCoturn } from '../test/support/coturn.ts'
import { bareCall } from './call-bare.ts'
import { type Marks, STAGES } from './call-marks.ts'
import { ourCalls } from './call-ours.ts'

const RUNS = Number(process.env.RUNS ?? 20)
const GOAL_MS = 1_000
const GOAL_RATIO = 1.3

const coturn = await startCoturn()
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--allow-loopback-in-peer-connection',
    // Nothing resolves mDNS names on a machine without a network.
    '--disable-features=WebRtcHideLocalIpsWithMdns',
  ],
})
const relayed: RTCConfiguration = {
  iceTransportPolicy: 'relay',
  iceServers: createIce({
    stunUrls: [],
    turnUrls: [coturn.settings.TURN_URLS],
    login: { secret: coturn.settings.TURN_SECRET },
    policy: 'relay',
    wall: Date.now,
  }).serversFor('bench'),
}
const ours = {
  direct: await ourCalls(browser, {}),
  relayed: await ourCalls(browser, coturn.settings),
}
const kinds = {
  'ours, direct': ours.direct.call,
  'bare, direct': () => bareCall(browser, {}),
  'ours, relayed': ours.relayed.call,
  'bare, relayed': () => bareCall(browser, relayed),
}
type Kind = keyof typeof kinds

const calls = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []])) as unknown as Record<
  Kind,
  Marks[][]
>
try {
  // The first of each fills caches and compiles: it is not counted.
  for (let run = 0; run <= RUNS; run += 1) {
    for (const [kind, call] of Object.entries(kinds) as [Kind, () => Promise<Marks[]>][]) {
      const marks = await call()
      if (run > 0) calls[kind].push(marks)
    }
  }
  report()
} finally {
  await ours.direct.stop()
  await ours.relayed.stop()
  await browser.close()
  await coturn.stop()
}

function report(): void {
  const load = loadavg()[0]?.toFixed(1)
  console.log(
    `${RUNS} calls of each kind in turns; ${cpus().length} processors, load ${load}; Chromium ${browser.version()}`,
  )
  console.log('From "Accept" until both see the other, in milliseconds:')
  for (const kind of Object.keys(kinds) as Kind[]) {
    const times = calls[kind].map(untilBothSee)
    console.log(`  ${kind.padEnd(14)} p50 ${at(times, 0.5)}  p95 ${at(times, 0.95)}`)
  }
  for (const way of ['direct', 'relayed'] as const) {
    const [mine, bare] = [`ours, ${way}`, `bare, ${way}`].map((kind) =>
      at(calls[kind as Kind].map(untilBothSee), 0.5),
    )
    const ratio = Number(mine) / Number(bare)
    const met = Number(mine) < GOAL_MS && ratio <= GOAL_RATIO ? 'met' : 'missed'
    console.log(
      `  ${way}: ${ratio.toFixed(2)} times the bare pages; goal under ${GOAL_MS} ms and ${GOAL_RATIO} times: ${met}`,
    )
  }
  console.log(
    'Where the time goes: the median instant of each step after "Accept", on the reader\'s page / on the client\'s:',
  )
  for (const kind of Object.keys(kinds) as Kind[]) console.log(`  ${kind.padEnd(14)} ${steps(calls[kind])}`)
}

function untilBothSee(marks: readonly Marks[]): number {
  return Math.max(...marks.map(({ frame = Number.NaN }) => frame)) - (marks[0]?.started ?? Number.NaN)
}

function steps(measured: readonly Marks[][]): string {
  const medianOf = (stage: keyof Marks, who: number) =>
    at(
      measured.map((marks) => (marks[who]?.[stage] ?? Number.NaN) - (marks[0]?.started ?? Number.NaN)),
      0.5,
    )
  return STAGES.map((stage) => `${stage} ${medianOf(stage, 0)}/${medianOf(stage, 1)}`)
    .join('  ')
    .replaceAll('NaN', '-')
}

/** Returns the value that this share of all is at most. */
function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
}
