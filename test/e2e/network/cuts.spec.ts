/** Tests a direct call between two networks that are cut in every way. */
import { test } from '@playwright/test'
import { PLANS } from '../../support/cuts/plan.ts'
import { cut, forSeeds, prepareRuns, run, runBesideOthers } from '../../support/cuts/runs.ts'
import { nameOf } from '../../support/cuts/table.ts'

const MINUTES_MS = [60_000, 6_000]

prepareRuns()

test('a cut of five seconds costs nothing, and the rest is charged to the second', ({ launchOptions }) =>
  runBesideOthers(
    {
      what: 'media',
      seed: 0,
      minuteMs: 6_000,
      path: 'direct',
      kind: 'Video',
      runMs: 15_000,
      cuts: [
        { name: 'media', from: 5_000, to: 10_000, media: ['client', 'reader'], signalling: [], deaf: [] },
      ],
    },
    launchOptions,
  ))

const RUNS = MINUTES_MS.flatMap((minuteMs) => PLANS.map((what) => cut(what, { minuteMs })))

for (const plan of forSeeds(RUNS))
  test(nameOf(plan), { tag: '@long' }, ({ launchOptions }) => run(plan, launchOptions))
