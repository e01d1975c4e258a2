/**
 * Samples in a page's browser what comes in over its peer connections, and reports it by the test's
 * clock.
 */
import { randomUUID } from 'node:crypto'
import type { BrowserContext, Page } from '@playwright/test'
import type { Look } from './connected.ts'

/**
 * Packets since the page's previous look: how many of sound, and when the last of each kind came;
 * undefined where none did.
 */
export interface Growth {
  readonly packets: number
  readonly soundAt?: number
  readonly pictureAt?: number
  readonly anythingAt?: number
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
   * Returns the samples of each document that the person had open, where `countsAt` says when the
   * last of what counts came.
   */
  looks(countsAt: (growth: Growth) => number | undefined): Look[][]
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
    looks: (countsAt) =>
      byDocument().map((all) => {
        const offset = all.findLast((report) => report.offset !== undefined)?.offset
        if (offset === undefined) return []
        return all.map((report) => {
          const cameAt = countsAt(report)
          return {
            at: report.at + offset,
            ...(cameAt === undefined ? {} : { cameAt: cameAt + offset }),
            ...(report.packets > 0 ? { soundMs: report.packets * SOUND_PACKET_MS } : {}),
          }
        })
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

  const grownBy = (key: string, value: number): number => {
    const before = counters.get(key) ?? 0
    counters.set(key, Math.max(before, value))
    return Math.max(0, value - before)
  }
  const later = (one: number | undefined, other: number): number => Math.max(one ?? other, other)
  /** Reads the counters, and says when the browser did, which a busy page learns of late. */
  const growth = async (): Promise<Growth & { at: number }> => {
    const found: { -readonly [key in keyof Growth]: Growth[key] } & { at: number } = {
      packets: 0,
      at: performance.now(),
    }
    for (const [index, peer] of (shared.opened ?? []).entries()) {
      if (peer.connectionState === 'closed') continue
      const askedAt = performance.now()
      const report: RTCStatsReport = await peer.getStats()
      for (const stats of report.values()) {
        if (stats.type !== 'inbound-rtp' && stats.type !== 'candidate-pair') continue
        const packets = grownBy(`${index} ${stats.id}`, stats.packetsReceived ?? 0)
        found.at = Math.max(askedAt, Math.min(stats.timestamp - performance.timeOrigin, performance.now()))
        if (packets === 0) continue
        // Both are of the wall clock, and only the time between them is used; with the first packet the
        // second may be missing.
        const ageMs = stats.timestamp - (stats.lastPacketReceivedTimestamp ?? stats.timestamp)
        const cameAt = found.at - Math.max(0, ageMs)
        found.anythingAt = later(found.anythingAt, cameAt)
        if (stats.kind === 'video') found.pictureAt = later(found.pictureAt, cameAt)
        if (stats.kind !== 'audio') continue
        found.soundAt = later(found.soundAt, cameAt)
        found.packets += packets
      }
    }
    return found
  }
  const tell = async (found: Growth & { at: number }): Promise<void> => {
    const toldAt = performance.now()
    const answeredAt = await report({ document, ...found, ...(offset === undefined ? {} : { offset }) })
    const roundTripMs = performance.now() - toldAt
    if (roundTripMs >= bestRoundTripMs) return
    bestRoundTripMs = roundTripMs
    offset = answeredAt - toldAt - roundTripMs / 2
  }
  setInterval(async () => {
    if (looking) return
    looking = true
    const found = await growth().finally(() => {
      looking = false
    })
    // A test that is slow to respond does not delay the page's next sample.
    await tell(found)
  }, everyMs)
}
