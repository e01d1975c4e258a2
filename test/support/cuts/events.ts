/**
 * Causes the events of a session that are no cut of the network: each starts something and returns
 * the function that ends it.
 */
import type { Page } from '@playwright/test'
import type { PauseCause } from '../../../shared/protocol/session.ts'
import type { Pair } from '../e2e/calls.ts'
import { openStage, unplug } from '../e2e/media.ts'
import type { RunningServer } from '../e2e/server.ts'
import type { Lab } from '../lab.ts'

export interface World {
  readonly pair: Pair
  readonly server: RunningServer
  readonly lab: Lab
  readonly sessionId: string
}

type Undo = () => Promise<void> | void
type Event = (world: World) => Promise<Undo> | Undo

const nothing = () => {}

export const EVENTS = {
  calm: () => nothing,
  mute: ({ pair }) => flip(pair.reader, 'Mute'),
  'camera off': ({ pair }) => flip(pair.reader, 'Camera off'),
  'both off': async ({ pair }) => {
    const undo = [await flip(pair.reader, 'Mute'), await flip(pair.reader, 'Camera off')]
    return async () => {
      for (const step of undo) await step()
    }
  },
  'microphone pulled': async ({ pair }) => {
    await unplug(pair.reader, 'audio')
    return nothing
  },
  reload: async ({ pair }) => {
    await pair.client.reload()
    return nothing
  },
  takeover: async ({ pair }) => {
    const tab = await pair.client.context().newPage()
    await openStage(tab)
    await tab.goto(pair.client.url())
    return nothing
  },
  'server asleep': ({ server }) => server.freeze(),
  'client asleep': ({ lab }) => lab.client.freeze(),
  'reader asleep': ({ lab }) => lab.reader.freeze(),
} satisfies Record<string, Event>

/** To whom the long pause must be put down where the event makes one. */
export const NAMED: { readonly [what in string]?: PauseCause } = {
  'server asleep': 'server_stopped',
  'client asleep': 'client_connection',
  'reader asleep': 'reader_connection',
}

export type EventName = keyof typeof EVENTS

export const EVENT_RUN_MS = 50_000
export const EVENT_MS = { from: 10_000, to: 30_000 } as const

async function flip(page: Page, label: string): Promise<Undo> {
  const button = page.getByRole('button', { name: label, exact: true })
  await button.click()
  return () => button.click()
}
