/**
 * Tests calls of each kind behind other tabs for ten minutes (HIDDEN_MINUTES names another time),
 * with the path cut for eight seconds after a quarter of it, in browsers that no driver controls
 * meanwhile. HIDDEN_KINDS=Video runs those of one kind alone.
 */
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, expect } from '@playwright/test'
import { heardSpans, lengthOf } from '../../support/cuts/connected.ts'
import { watchReception } from '../../support/cuts/reception.ts'
import { endedSession, expectConnected } from '../../support/e2e/calls.ts'
import { answer, arrive, becomeAvailable, ring } from '../../support/e2e/people.ts'
import { test } from '../../support/e2e/test.ts'
import { hide, type Screen, startScreen, type Window } from '../../support/windows.ts'

const LENGTH_MS = Number(process.env.HIDDEN_MINUTES ?? 10) * 60_000
const BLIP_MS = 8_000
const BACK_WITHIN_MS = 15_000
const GRACE_MS = 60_000
const BEAT_MS = 5_000
const ALL_KINDS = ['Video', 'Voice', 'Chat'] as const
const WANTED = process.env.HIDDEN_KINDS?.split(',') ?? ALL_KINDS
const KINDS = ALL_KINDS.filter((kind) => WANTED.includes(kind))
const TALK_MS = 30_000
const SILENCE_MS = 2_500

test.use({ settings: { ICE_TRANSPORT_POLICY: 'all', RECONNECT_GRACE_MS: String(GRACE_MS) } })

test('behind other tabs calls of each kind come back from a blip, and go on', { tag: '@long' }, async ({
  server,
}) => {
  test.setTimeout(LENGTH_MS + 300_000)
  const screen = await startScreen()
  try {
    const windows: Window[] = []
    const sessions: string[] = []
    for (const kind of KINDS) {
      const name = `Mara ${kind}`
      const reader = await arrive(await personIn(screen, windows), server.origin, {
        role: 'reader',
        name,
        rate: '0.50',
      })
      const client = await arrive(await personIn(screen, windows), server.origin, {
        role: 'client',
        name: `Ana ${kind}`,
        fundsCents: 2_000,
      })
      await becomeAvailable(reader)
      sessions.push(await ring(client, name, kind))
      await answer(reader, 'Accept')
      await expectConnected([client, reader])
      for (const page of [client, reader]) await hide(page)
    }
    for (const { letGo } of windows) await letGo()
    await sleep(LENGTH_MS / 4)
    const blipAt = Date.now()
    dropMedia()
    await sleep(BLIP_MS)
    mendMedia()
    await sleep((LENGTH_MS * 3) / 4 - BLIP_MS)
    const endedAt = Date.now()
    await screen.stop()
    for (const [place, id] of sessions.entries()) {
      const ended = () => server.files().sessions.find((each) => each.id === id && each.status === 'ended')
      await expect.poll(ended, { timeout: GRACE_MS + 40_000 }).toBeDefined()
      const { pauses = [], startedAt = 0, billedMs = 0 } = ended() ?? {}
      // The end of the browsers is the last pause: it begins at the last proof, one beat before.
      const before = pauses.filter(({ from }) => from < endedAt - BEAT_MS)
      process.stdout.write(
        `${KINDS[place]}: billed ${billedMs} of ${endedAt - startedAt} ms; pauses ${JSON.stringify(before)}\n`,
      )
      expect(before).toHaveLength(1)
      expect(before[0]?.from).toBeGreaterThan(blipAt - 1_500)
      expect(before[0]?.to).toBeLessThan(blipAt + BLIP_MS + BACK_WITHIN_MS)
    }
  } finally {
    mendMedia()
    await screen.stop()
  }
})

for (const kind of KINDS)
  test(`a call that is accepted while the client is behind another tab is billed to the second (${kind})`, {
    tag: '@long',
  }, async ({ server }) => {
    const screen = await startScreen()
    try {
      const windows: Window[] = []
      const reader = await arrive(await personIn(screen, windows), server.origin, {
        role: 'reader',
        name: 'Mara Lind',
        rate: '0.50',
      })
      const client = await arrive(await personIn(screen, windows), server.origin, {
        role: 'client',
        name: 'Ana Reyes',
        fundsCents: 2_000,
      })
      await becomeAvailable(reader)
      const reception = await watchReception(reader)
      const sessionId = await ring(client, 'Mara Lind', kind)
      await hide(client)
      await windows[1]?.letGo()
      await answer(reader, 'Accept')
      await expectConnected([reader])
      await sleep(TALK_MS)
      await reader.getByRole('button', { name: 'End session' }).click()
      const {
        acceptedAt = 0,
        startedAt = 0,
        endedAt = 0,
        billedMs,
        pauses,
      } = await endedSession(server, sessionId)
      const heard = reception
        .looks(({ anythingAt }) => anythingAt)
        .flatMap((looks) => heardSpans(looks, SILENCE_MS))
      const heardMs = lengthOf(heard)
      process.stdout.write(
        `${kind}, accepted behind another tab: began after ${startedAt - acceptedAt} ms; the reader heard ${Math.round(heardMs)} ms, billed ${billedMs} of ${endedAt - startedAt} ms\n`,
      )
      expect(pauses).toEqual([])
      expect(startedAt - acceptedAt).toBeLessThan(BACK_WITHIN_MS)
      expect(billedMs - heardMs).toBeLessThan(250)
      expect(billedMs - heardMs).toBeGreaterThan(kind === 'Chat' ? -1_500 : -1_000)
    } finally {
      await screen.stop()
    }
  })

/**
 * Starts a person's own browser; pages that a driver makes close with it, so they use the window
 * that was there.
 */
async function personIn(screen: Screen, windows: Window[]): Promise<Browser> {
  const window = await screen.open()
  windows.push(window)
  return { newContext: async () => window.context } as unknown as Browser
}

/** Drops media: on this machine they go over UDP, and nothing else of ours does. */
function dropMedia(): void {
  nft(
    'add table inet blip; add chain inet blip out { type filter hook output priority 0; }; add rule inet blip out meta l4proto udp drop',
  )
}

function mendMedia(): void {
  nft('add table inet blip; delete table inet blip')
}

function nft(commands: string): void {
  execFileSync('nft', [commands])
}
