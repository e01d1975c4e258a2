/** Tests the table of the runs with cuts. */
import { expect, it } from 'vitest'
import type { Outcome } from './run.ts'
import { tableOf } from './table.ts'

const RUN: Outcome = {
  what: 'flicker',
  seed: 3,
  minuteMs: 6_000,
  path: 'relay over TCP',
  kind: 'Video',
  runMs: 45_000,
  connectedMs: 25_545,
  billedMs: 24_366,
  differenceMs: -1_179,
  chargedCents: 406,
  billedTimeCents: 406,
  endReason: 'reader_ended',
  pauses: [],
  acceptedAt: 1_795_900_000_000,
  connected: [],
  billed: [],
  mishaps: [{ what: 'media', from: 4_000, to: 6_000 }],
  gaps: 1,
  longestPauseMs: 140,
}

it('has a line for each run, with what it was and what it came to', () => {
  const [, , first, second, ...rest] = tableOf([RUN, { ...RUN, seed: 4, differenceMs: 80 }]).split('\n')
  expect(first).toBe('| flicker | video | relay over TCP | 6 | 3 | 1 | 25.55 | 24.37 | -1.18 |')
  expect(second).toContain('| 4 | 1 | 25.55 | 24.37 | 0.08 |')
  expect(rest).toEqual([])
})
