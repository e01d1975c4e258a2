/**
 * Samples in a page's browser what comes in over its peer connections, and reports it by the test's
 * clock.
 */
import { randomUUID } from 'node:crypto'
import type { BrowserContext, Page } from '@playwright/test'
import type { Look } from './connected.ts'

/**
 * The counters that had grown since the page's previous sample, and by how many packets of sound.
 */
export interface Growth {
  readonly packets: number
  readonly sound: boolean
  readonly picture: boolean
  readonly anything: boolean
}

/**
 * A page's report at each sample; `offset` is how far the test's clock is ahead of its own, by its
 * best round trip so far.
 */
interface Report extends Growth {
  readonly document: string
  readonly at: number
  readonly offset?: number
}

export interface Reception {
  /**
   * Returns the samples of each document that the person had open, where `counts` says which growth
   * counts.
   */
  looks(counts: (growth: Growth) => boolean): Look[][]
  /** Returns the longest pause between two samples of one document, in milliseconds. */
  longestPauseMs(): number
}

const LOOK_MS = 80
const SOUND_PACKET_MS = 20

/** Watches this page, and whatever its context opens or reloads from now on. */
export async function watchReception(page: Page): Promise<Reception> {
  const context = page.context()
  const reports: Report[] = []
  const name = `report${randomUUID().replaceAll('-', '')}`
  await context.exposeBinding(name, (_, report: Report) => {
    reports.push(report)
    return performance.now()
  })
  await installIn(context, page, name)
  const byDocument = () => {
    const names = new Set(reports.map(({ document }) => document))
    return [...names].map((name) => reports.filter(({ document }) => document === name))
  }
  return {
    looks: (counts) =>
      byDocument().map((all) => {
        const offset = all.findLast((report) => report.offset !== undefined)?.offset
        if (offset === undefined) return []
        return all.map((report) => ({
          at: report.at + offset,
          moved: counts(report),
          ...(report.packets > 0 ? { soundMs: report.packets * SOUND_PACKET_MS } : {}),
        }))
      }),
    longestPauseMs: () =>
      Math.max(
        0,
        ...byDocument().flatMap((all) => all.slice(1).map(({ at }, index) => at - (all[index]?.at ?? at))),
      ),
  }
}

async function installIn(context: BrowserContext, page: Page, name: string): Promise<void> {
  const told = { name, everyMs: LOOK_MS }
  await context.addInitScript(look, told)
  // It has loaded already.
  await page.evaluate(look, told)
}

/** Runs in the page. */
function look({ name, everyMs }: { name: string; everyMs: number }): void {
  const shared = window as unknown as { opened?: RTCPeerConnection[] } & Record<string, unknown>
  const report = shared[name] as (said: Report) => Promise<number>
  const document = crypto.getRandomValues(new Uint32Array(2)).join('-')
  const counters = new Map<string, number>()
  let offset: number | undefined
  let bestRoundTripMs = Number.POSITIVE_INFINITY
  let looking = false

  const grownBy = (key: string, value: unknown): number => {
    if (typeof value !== 'number') return 0
    const before = counters.get(key) ?? 0
    counters.set(key, Math.max(before, value))
    return Math.max(0, value - before)
  }
  const hasGrown = (key: string, value: unknown): boolean => grownBy(key, value) > 0
  const growth = async (): Promise<Growth> => {
    const found = { packets: 0, sound: false, picture: false, anything: false }
    for (const [index, peer] of (shared.opened ?? []).entries()) {
      if (peer.connectionState === 'closed') continue
      for (const stats of (await peer.getStats()).values()) {
        const key = `${index} ${stats.id}`
        if (stats.type === 'inbound-rtp') {
          const packets = grownBy(key, stats.packetsReceived)
          if (packets > 0 && stats.kind === 'audio') found.sound = true
          if (packets > 0 && stats.kind === 'video') found.picture = true
          if (packets > 0) found.anything = true
          if (stats.kind === 'audio') found.packets += packets
        }
        if (stats.type === 'data-channel' && hasGrown(key, stats.messagesReceived)) found.anything = true
        if (stats.type === 'candidate-pair' && hasGrown(key, stats.packetsReceived)) found.anything = true
      }
    }
    return found
  }
  const tell = async (at: number, found: Growth): Promise<void> => {
    const answeredAt = await report({ document, at, ...found, ...(offset === undefined ? {} : { offset }) })
    const roundTripMs = performance.now() - at
    if (roundTripMs >= bestRoundTripMs) return
    bestRoundTripMs = roundTripMs
    offset = answeredAt - at - roundTripMs / 2
  }
  setInterval(async () => {
    if (looking) return
    looking = true
    const found = await growth().finally(() => {
      looking = false
    })
    // A test that is slow to respond does not delay the page's next sample.
    await tell(performance.now(), found)
  }, everyMs)
}
