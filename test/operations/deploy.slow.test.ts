/**
 * Tests a deploy during sessions, as on Render: the old process stops, there is no server for a
 * while, the new one starts.
 */
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { SessionView } from '../../shared/protocol/session.ts'
import { startServer } from '../support/e2e/server.ts'
import { peopleAt } from '../support/people.ts'
import { becomes, liveTalk } from '../support/talk.ts'

/** `npm run rehearse-deploy` makes it as long as a deploy takes. */
const GAP_SECONDS = Number(process.env.GAP_SECONDS ?? 3)
const TALKS = 10
const MINUTE_MS = 2_000
const RATE_CENTS = 100

it(`${TALKS} sessions survive ${GAP_SECONDS} s without a server, and no client pays for them`, async () => {
  const server = await startServer({
    BILLING_INTERVAL_MS: String(MINUTE_MS),
    RECONNECT_GRACE_MS: String((GAP_SECONDS + 60) * 1_000),
  })
  const people = peopleAt(server.origin)
  const talks = await Promise.all(
    Array.from({ length: TALKS }, async (_, n) => {
      const client = await people.client(`Ana${n}`, 50_000)
      const reader = await people.reader(`Mara${n}`, RATE_CENTS)
      return { client, talk: await liveTalk(people, client, reader) }
    }),
  )

  expect(await server.end('SIGTERM')).toBe(0)
  await setTimeout(GAP_SECONDS * 1_000)
  const back = talks.map(({ talk }) => becomes(talk.client.page, 'live'))
  await server.startAgain()
  const resumed = await Promise.all(back)

  for (const [n, session] of resumed.entries()) {
    const stood = session.pauses.find(({ cause }) => cause === 'server_stopped')
    expect(stood, `session ${n} stood still`).toBeDefined()
    const ended = await talks[n]?.client.send<{ session: SessionView }>('POST', `/session/${session.id}/end`)
    const { billedMs = 0, chargedCents, startedAt = 0, endedAt = 0 } = ended?.body.session ?? {}
    expect(billedMs).toBeLessThanOrEqual(endedAt - startedAt - GAP_SECONDS * 1_000)
    expect(chargedCents).toBe(Math.floor((RATE_CENTS * billedMs) / MINUTE_MS))
  }
  people.leave()
  await server.stop()
})
