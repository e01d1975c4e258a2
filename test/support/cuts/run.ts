/**
 * Makes one run of the measuring rig: two browsers on two machines, a session, a plan of cuts, and
 * the result.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium, expect, type LaunchOptions, type Page } from '@playwright/test'
import type { PauseCause, SessionView } from '../../../shared/protocol/session.ts'
import { startCoturn } from '../coturn.ts'
import { WHOLE_BROWSER } from '../e2e/browser.ts'
import { call, endedSession, expectConnected, meet, RATE_CENTS } from '../e2e/calls.ts'
import { startServer } from '../e2e/server.ts'
import { selectedTransport } from '../e2e/signals.ts'
import { buildLab, type Lab } from '../lab.ts'
import { heardSpans, lengthOf, overlap, type Span, union } from './connected.ts'
import { EVENT_MS, EVENTS, type EventName, type World } from './events.ts'
import { createCutter } from './filter.ts'
import { type Cut, type PlanName, planCuts } from './plan.ts'
import { type Growth, type Reception, watchReception } from './reception.ts'

export type Path = 'direct' | 'relay over UDP' | 'relay over TCP'
export type Kind = 'Video' | 'Voice' | 'Chat'

export interface RunPlan {
  readonly what: PlanName | EventName
  readonly seed: number
  readonly minuteMs: number
  readonly path: Path
  readonly kind: Kind
  readonly runMs: number
  /** In the place of what the seed would make. */
  readonly cuts?: readonly Cut[]
}

export interface Outcome extends Omit<RunPlan, 'cuts'> {
  readonly connectedMs: number
  readonly billedMs: number
  /** The time that was billed beyond the time both were connected. */
  readonly differenceMs: number
  readonly chargedCents: number
  /** The cost of the billed time at the session's rate. */
  readonly billedTimeCents: number
  readonly endReason: string
  /**
   * The pauses of the meter, in milliseconds from when the session was accepted, and their causes.
   */
  readonly pauses: readonly { readonly cause: PauseCause; readonly from: number; readonly to: number }[]
  /** The wall clock's reading when the session was accepted. */
  readonly acceptedAt: number
  /** The stretches of connected and of billed time, in milliseconds from then. */
  readonly connected: readonly Span[]
  readonly billed: readonly Span[]
  /** The actual start and end of each cut or event, in milliseconds from the start of the run. */
  readonly mishaps: readonly Mishap[]
  /** The number of times that both stopped being connected, by their counters. */
  readonly gaps: number
  /** The longest time in which a page did not look at its counters: how busy the machine was. */
  readonly longestPauseMs: number
}

interface Mishap {
  readonly what: string
  readonly from: number
  readonly to: number
  /** The number of packets that the cut dropped. */
  readonly dropped?: number
}

const WEALTHY_CENTS = 20_000
// Half of the shortest cut is noise of a busy machine; chat has nothing but pings and their
// replies, which come every second.
const SILENCE_MS = { Video: 800, Voice: 800, Chat: 1_500 } as const

/**
 * Does the run and returns what it came to; whatever happens, everything that it started is ended.
 */
export async function measure(plan: RunPlan, launchOptions: LaunchOptions): Promise<Outcome> {
  const closers: (() => unknown)[] = []
  const closing = <T>(thing: T, close: (thing: T) => unknown): T => {
    closers.push(() => close(thing))
    return thing
  }
  try {
    const lab = closing(buildLab(WHOLE_BROWSER), (it) => it.stop())
    const relay =
      plan.path === 'direct'
        ? undefined
        : closing(await startCoturn({ address: lab.address }), (it) => it.stop())
    const server = closing(
      await startServer({
        HOST: '0.0.0.0',
        BILLING_INTERVAL_MS: String(plan.minuteMs),
        ...(relay ? relaySettings(relay.settings, plan.path) : { ICE_TRANSPORT_POLICY: 'all' }),
      }),
      (it) => it.stop(),
    )
    const { port } = new URL(server.origin)
    const origin = `http://${lab.address}:${port}`
    const launch = async (machine: Lab['client']) =>
      closing(await launchOn(machine.browser, origin, launchOptions), (it) => it.close())
    const browsers = { client: await launch(lab.client), reader: await launch(lab.reader) }
    const pair = await meet(browsers, origin, { fundsCents: WEALTHY_CENTS })
    const receptions = {
      client: await watchReception(pair.client),
      reader: await watchReception(pair.reader),
    }
    const sessionId = await call(pair, plan.kind)
    await expectConnected([pair.client, pair.reader])
    for (const page of [pair.client, pair.reader]) await expectTransport(page, plan.path)

    const mishaps = await live(plan, { pair, server, lab, sessionId }, Number(port))
    const session = await hangUp(pair.reader, () => endedSession(server, sessionId))
    return outcomeOf(plan, session, receptions, mishaps)
  } finally {
    for (const close of closers.reverse()) {
      try {
        await close()
      } catch (error) {
        // The others must be ended all the same.
        console.error(error)
      }
    }
  }
}

function relaySettings(settings: { TURN_URLS: string }, path: Path): Record<string, string> {
  const transport = path === 'relay over TCP' ? 'tcp' : 'udp'
  return {
    ...settings,
    TURN_URLS: `${settings.TURN_URLS}?transport=${transport}`,
    ICE_TRANSPORT_POLICY: 'relay',
  }
}

function launchOn(executablePath: string, origin: string, options: LaunchOptions): Promise<Browser> {
  // Over plain HTTP, browsers give the camera to pages of their own machine alone.
  const args = [...(options.args ?? []), `--unsafely-treat-insecure-origin-as-secure=${origin}`]
  return chromium.launch({ ...options, executablePath, args })
}

const TRANSPORTS: Record<Path, string> = {
  direct: 'host over udp',
  'relay over UDP': 'relay over udp',
  'relay over TCP': 'relay over tcp',
}

/** Checks that the run measures the path that it is named for. */
async function expectTransport(page: Page, path: Path): Promise<void> {
  await expect
    .poll(() => selectedTransport(page), { message: 'the path of the media' })
    .toBe(TRANSPORTS[path])
}

/** Lets the session go on for as long as planned, with everything that is to happen to it. */
async function live(plan: RunPlan, world: World, serverPort: number): Promise<Mishap[]> {
  const startedAt = performance.now()
  const passed = () => performance.now() - startedAt
  const until = (ms: number) => sleep(Math.max(0, ms - passed()))
  const mishaps: Mishap[] = []
  for (const { what, from, to, begin } of await stepsOf(plan, world, serverPort)) {
    await until(from)
    const undo = await begin()
    const startedAt = passed()
    await until(to)
    const dropped = await undo()
    const times = { from: Math.round(startedAt), to: Math.round(passed()) }
    mishaps.push({ what, ...times, ...(dropped === undefined ? {} : { dropped }) })
  }
  if (mishaps.length > 0 && mishaps.every(({ dropped }) => dropped === 0)) {
    throw new Error(`none of the cuts dropped a packet: ${JSON.stringify(mishaps)}`)
  }
  await until(plan.runMs)
  return mishaps
}

async function stepsOf(plan: RunPlan, world: World, serverPort: number) {
  if (plan.what in EVENTS) {
    const event = EVENTS[plan.what as EventName]
    return [{ what: plan.what, ...EVENT_MS, begin: async () => event(world) }]
  }
  const cutter = await createCutter(world.lab, serverPort)
  const cuts = plan.cuts ?? planCuts(plan.what as PlanName, plan.seed, plan.runMs)
  return cuts.map((cut) => ({
    what: cut.name,
    from: cut.from,
    to: cut.to,
    begin: async () => {
      await cutter.cut(cut)
      return cutter.mend
    },
  }))
}

/** Ends the session from that page, unless it has already ended, and returns it. */
async function hangUp(page: Page, ended: () => Promise<SessionView>): Promise<SessionView> {
  const button = page.getByRole('button', { name: 'End session' })
  const summary = page.getByRole('heading', { name: 'Session summary' })
  await button.or(summary).first().waitFor()
  if (await button.isVisible()) await button.click()
  return ended()
}

/**
 * The media that count as received: for the client the reader's sound or picture, for the reader
 * anything at all.
 */
const COUNTS: Record<Kind, Record<'client' | 'reader', (growth: Growth) => number | undefined>> = {
  Video: {
    client: ({ soundAt, pictureAt }) => latest(soundAt, pictureAt),
    reader: ({ anythingAt }) => anythingAt,
  },
  Voice: { client: ({ soundAt }) => soundAt, reader: ({ anythingAt }) => anythingAt },
  Chat: { client: ({ anythingAt }) => anythingAt, reader: ({ anythingAt }) => anythingAt },
}

function latest(...instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.filter((instant) => instant !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

function outcomeOf(
  { cuts: _, ...plan }: RunPlan,
  session: SessionView,
  receptions: { client: Reception; reader: Reception },
  mishaps: readonly Mishap[],
): Outcome {
  const heard = (who: 'client' | 'reader'): Span[] =>
    union(
      receptions[who]
        .looks(COUNTS[plan.kind][who])
        .flatMap((looks) => heardSpans(looks, SILENCE_MS[plan.kind])),
    )
  // The server's instants are of the wall clock; this process and it are on the same machine.
  const wallAheadMs = Date.now() - performance.now()
  const { acceptedAt = 0, startedAt = 0, endedAt = 0, billedMs, chargedCents } = session
  const inCall = [{ from: acceptedAt - wallAheadMs, to: endedAt - wallAheadMs }]
  const connected = overlap(overlap(heard('client'), heard('reader')), inCall)
  const connectedMs = Math.round(lengthOf(connected))
  const sinceAccepted = (instant: number) => Math.round(instant - acceptedAt)
  const pauses = session.pauses.map(({ cause, from, to = endedAt }) => ({
    cause,
    from: sinceAccepted(from),
    to: sinceAccepted(to),
  }))
  const [starts, stops] = [pauses.map(({ to }) => to), pauses.map(({ from }) => from)]
  return {
    ...plan,
    connectedMs,
    billedMs,
    differenceMs: billedMs - connectedMs,
    chargedCents,
    billedTimeCents: Math.floor((RATE_CENTS * billedMs) / plan.minuteMs),
    endReason: session.endReason ?? 'none',
    pauses,
    acceptedAt,
    connected: connected.map(({ from, to }) => ({
      from: sinceAccepted(from + wallAheadMs),
      to: sinceAccepted(to + wallAheadMs),
    })),
    billed: [sinceAccepted(startedAt), ...starts].map((from, index) => ({
      from,
      to: stops[index] ?? sinceAccepted(endedAt),
    })),
    mishaps,
    gaps: Math.max(0, connected.length - 1),
    longestPauseMs: Math.round(
      Math.max(receptions.client.longestPauseMs(), receptions.reader.longestPauseMs()),
    ),
  }
}
