/** Tests the summaries of repeated log lines. */
import { describe, expect, it } from 'vitest'
import { createLogSummaries, type Line } from '../../http/log-summaries.ts'

const MINUTE_MS = 60_000

function scene() {
  const lines: { fields: object; message: string }[] = []
  const write = (fields: object, message: string) => void lines.push({ fields, message })
  let now = 0
  let due: { at: number; work: () => void } | undefined
  const sums = createLogSummaries({
    clock: { now: () => now },
    log: { info: write, warn: write, error: write },
    later: (ms, work) => {
      due = { at: now + ms, work }
    },
  })
  const pass = (ms: number) => {
    now += ms
    if (due && due.at <= now) due.work()
  }
  return { sums, lines, pass, awaits: () => due !== undefined }
}

const line = (sender: string, kind = 'request 429'): Line => ({
  level: 'info',
  sender,
  kind,
  fields: { path: '/me', status: 429 },
  message: 'request',
})

describe('the lines of one sender', () => {
  it('are written up to a number within a minute, and the rest summed up as one', () => {
    const { sums, lines, pass } = scene()
    for (let n = 0; n < 1_000; n += 1) sums.write(line('one'), 10)
    expect(lines).toHaveLength(10)
    pass(MINUTE_MS)
    expect(lines).toHaveLength(11)
    expect(lines.at(-1)?.fields).toEqual({
      from: 'one',
      path: '/me',
      status: 429,
      kind: 'request 429',
      times: 990,
    })
  })

  it('take nothing from another sender’s, or another kind’s', () => {
    const { sums, lines } = scene()
    for (let n = 0; n < 20; n += 1) sums.write(line('one'), 10)
    sums.write(line('other'), 10)
    sums.write(line('one', 'forbidden'), 10)
    expect(lines).toHaveLength(12)
  })

  it('start again in the next minute, and nothing waits where nothing was left out', () => {
    const { sums, lines, pass, awaits } = scene()
    for (let n = 0; n < 10; n += 1) sums.write(line('one'), 10)
    pass(MINUTE_MS)
    expect([lines.length, awaits()]).toEqual([10, false])
    for (let n = 0; n < 10; n += 1) sums.write(line('one'), 10)
    expect(lines).toHaveLength(20)
  })

  it('are few even from ever new senders', () => {
    const { sums, lines, pass } = scene()
    for (let n = 0; n < 30_000; n += 1) sums.write(line(`subnet ${n}`), 1)
    expect(lines.length).toBeLessThanOrEqual(10_001)
    const before = lines.length
    pass(MINUTE_MS)
    expect(lines).toHaveLength(before + 1)
    expect(lines.at(-1)?.fields).toMatchObject({ from: 'others', times: 30_000 - before })
  })
})
