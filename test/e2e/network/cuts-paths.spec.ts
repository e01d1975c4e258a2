/** Calls through the relay, by voice and in writing, between two networks that are cut. */
import { test } from '@playwright/test'
import { cut, forSeeds, prepareRuns, run } from '../../support/cuts/runs.ts'
import { nameOf } from '../../support/cuts/table.ts'

const RELAYED = ['media', 'one-way', 'person', 'flicker', 'mixed'] as const
const BY_VOICE = ['media', 'one-way', 'flicker', 'mixed'] as const
const IN_WRITING = ['media', 'signalling-both', 'flicker', 'mixed'] as const

const RUNS = [
  ...RELAYED.map((what) => cut(what, { path: 'relay over UDP' })),
  ...RELAYED.map((what) => cut(what, { path: 'relay over TCP' })),
  ...BY_VOICE.map((what) => cut(what, { kind: 'Voice' })),
  ...IN_WRITING.map((what) => cut(what, { kind: 'Chat' })),
]

prepareRuns()

for (const plan of forSeeds(RUNS))
  test(nameOf(plan), { tag: '@long' }, ({ launchOptions }) => run(plan, launchOptions))
