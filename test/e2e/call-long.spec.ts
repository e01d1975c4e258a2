/** Tests that a long call neither drifts nor grows. */
import { expect, type Page } from '@playwright/test'
import { connectionsOpened, expectGrowing } from '../support/e2e/media.ts'
import { answer, arrive, becomeAvailable, ring, secondsIn } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

const { CALL_SECONDS = '300' } = process.env
const CALL_MS = Number(CALL_SECONDS) * 1_000

test('a call that goes on and on neither drifts nor grows', { tag: '@long' }, async ({ browser, server }) => {
  test.setTimeout(240_000 + 2 * CALL_MS)
  const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '1.00' })
  const client = await arrive(browser, server.origin, {
    role: 'client',
    name: 'Ana Reyes',
    fundsCents: 1_000,
  })
  const pages = [client, reader]
  await becomeAvailable(reader)
  await ring(client, 'Mara Lind', 'Video')
  await answer(reader, 'Accept')
  for (const page of pages) await expectGrowing(page, 'framesDecoded')
  for (const page of pages) await expectGrowing(page, 'totalAudioEnergy')

  const before = await Promise.all(pages.map(weigh))
  const [began, shown] = [Date.now(), await secondsIn(client, 'timer')]
  while (Date.now() - began < CALL_MS) {
    for (const page of pages) await expectGrowing(page, 'framesDecoded')
  }
  const counted = (await secondsIn(client, 'timer')) - shown
  expect(Math.abs(counted - (Date.now() - began) / 1_000), 'the clock keeps time').toBeLessThan(3)
  for (const [index, page] of pages.entries()) {
    expect(await soundDelay(page), 'seconds that sound waits to be heard').toBeLessThan(1)
    expect(await connectionsOpened(page)).toBe(1)
    const after = await weigh(page)
    const grown = (name: keyof Weight) => after[name] - (before[index]?.[name] ?? 0)
    expect(grown('JSEventListeners'), 'listeners').toBeLessThan(20)
    expect(grown('Nodes'), 'elements').toBeLessThan(300)
    expect(grown('JSHeapUsedSize'), 'bytes of memory').toBeLessThan(3_000_000)
  }
})

type Weight = Record<'JSEventListeners' | 'Nodes' | 'JSHeapUsedSize', number>

/** Counts the objects that the page holds, after a garbage collection. */
async function weigh(page: Page): Promise<Weight> {
  const tools = await page.context().newCDPSession(page)
  await tools.send('Performance.enable')
  await tools.send('HeapProfiler.collectGarbage')
  const { metrics } = await tools.send('Performance.getMetrics')
  await tools.detach()
  const measured = (wanted: keyof Weight) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN
  return {
    JSEventListeners: measured('JSEventListeners'),
    Nodes: measured('Nodes'),
    JSHeapUsedSize: measured('JSHeapUsedSize'),
  }
}

/**
 * Returns the average time of a sound in this page between its arrival and the loudspeaker, in
 * seconds.
 */
function soundDelay(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const { opened } = window as unknown as { opened: RTCPeerConnection[] }
    let [delay, count] = [0, 0]
    for (const report of (await opened.at(-1)?.getStats())?.values() ?? []) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'audio') continue
      delay += report.jitterBufferDelay
      count += report.jitterBufferEmittedCount
    }
    return delay / count
  })
}
