/**
 * Tests calls through the relay, by voice and in writing, between two networks that are cut.
 *
 * Over TCP to the relay, what a cut kept back is not lost: it comes at once when the cut is over. A
 * packet counts when it came, not when it was sent, to the meter as to the test. The test used to say
 * so from how many packets it saw between two looks, and a cut of one person's link was billed for
 * 0.3 s too much. A capture at both machines' cards, in the order of TCP, showed two faults in one
 * such run of seven stretches: the test had counted 0.37 s too few as connected, most of it at the
 * ends and starts of stretches, for it looked late; and each stretch was billed from 0.07 to 0.12 s
 * before its first packet, where other delays did not hide it. Both are mended (`connected.ts`,
 * `heard.ts`). Beside the captures that had no holes, stretches now begin in the test about 80 ms
 * too soon or too late at the most and end within 50 ms, and are billed from 46 ms before to 260 ms
 * after their first packet.
 */
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
