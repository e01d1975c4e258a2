/**
 * Tests the events of a call that are no cut of the network: mute, another tab, a machine that
 * sleeps.
 */
import { test } from '@playwright/test'
import { EVENTS, type EventName } from '../../support/cuts/events.ts'
import { forSeeds, happening, prepareRuns, run } from '../../support/cuts/runs.ts'
import { nameOf } from '../../support/cuts/table.ts'

const RUNS = [
  ...(Object.keys(EVENTS) as EventName[]).map((what) => happening(what, 'Video')),
  ...(['calm', 'reload', 'takeover', 'client asleep'] as const).map((what) => happening(what, 'Chat')),
]

prepareRuns()

for (const plan of forSeeds(RUNS))
  test(nameOf(plan), { tag: '@long' }, ({ launchOptions }) => run(plan, launchOptions))
