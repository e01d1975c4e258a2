/** Tests that the time of a response does not reveal which addresses have an account. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../simulation/random.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { type Comparison, mannWhitney } from '../support/mann-whitney.ts'
import { IS_LONG, sampleSize, TEST_SEED } from '../support/sample.ts'

const ASKS = sampleSize(60, 1_000)
const ACCOUNTS = sampleSize(10, 100)
const PLANTED_MS = 2
const CHANCE = 0.001

let server: LiveServer

beforeAll(async () => {
  server = await startLiveServer()
  for (let each = 0; each < ACCOUNTS; each += 1) await server.client(`Known${each}`)
})

afterAll(() => server.stop())

/** Asks for known and unknown addresses in random order; returns how long each response took. */
async function askAll(plantedMs: number): Promise<{ known: number[]; unknown: number[] }> {
  const random = createRandom(TEST_SEED)
  const times = { known: [] as number[], unknown: [] as number[] }
  for (let each = 0; each < ASKS; each += 1) {
    const kind = random.int(0, 1) === 0 ? 'known' : 'unknown'
    const email = `${kind}${random.int(0, ACCOUNTS - 1)}@example.com`
    const from = performance.now()
    if (kind === 'known') spin(plantedMs)
    const { status } = await server.send('POST', '/password/forgot', { email })
    times[kind].push(performance.now() - from)
    expect(status).toBe(202)
  }
  return times
}

function spin(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

async function compare(name: string, plantedMs: number): Promise<Comparison> {
  const { known, unknown } = await askAll(plantedMs)
  const found = mannWhitney(known, unknown)
  const [a, b] = [known, unknown].map((times) => times.sort((x, y) => x - y)[times.length >> 1] ?? 0)
  process.stdout.write(
    `${name}: ${known.length} known, median ${a?.toFixed(3)} ms; ${unknown.length} unknown, median ` +
      `${b?.toFixed(3)} ms; Mann–Whitney U ${found.u}, z ${found.z.toFixed(2)}, p ${found.p.toPrecision(3)}\n`,
  )
  return found
}

describe('[A-14] forgotten passwords', () => {
  it('are asked for in the same time by known and unknown addresses, and 2 ms would be noticed', async () => {
    const asIs = await compare('as it is', 0)
    const planted = await compare(`with ${PLANTED_MS} ms planted`, PLANTED_MS)
    // A sample on a busy machine judges nothing; test/doors/mann-whitney.test.ts judges the figure itself.
    if (!IS_LONG) return
    expect(asIs.p).toBeGreaterThan(CHANCE)
    expect(planted.p).toBeLessThan(CHANCE)
  })
})
