/** Tests a form that waits for its turn while many people are logging in. */
import { describe, expect, it } from 'vitest'
import { type InTurnParts, sayWait, sendInTurn } from '../../../browser/home/one-moment.ts'
import type { Answer } from '../../../browser/lib/http.ts'

const BUSY: Answer<string> = { ok: false, failure: { code: 'busy', retryAfterSeconds: 12 } }
const IN: Answer<string> = { ok: true, value: 'in' }

const rush = (answers: readonly Answer<string>[], more: Partial<InTurnParts> = {}) => {
  let now = 0
  let sent = 0
  const waits: number[] = []
  const parts: InTurnParts = {
    onWait: (seconds) => void waits.push(seconds),
    isOver: () => false,
    pause: async (ms) => {
      now += ms
    },
    now: () => now,
    ...more,
  }
  const send = async () => answers[Math.min(sent++, answers.length - 1)] as Answer<string>
  return { waits, sent: () => sent, now: () => now, done: sendInTurn(send, parts) }
}

describe('a form in a rush', () => {
  it('is sent again when the server says, until there is a turn', async () => {
    const { done, waits, now } = rush([BUSY, BUSY, IN])
    expect(await done).toEqual(IN)
    expect([waits, now()]).toEqual([[12, 12], 24_000])
  })

  it('waits a little where the server does not say for how long', async () => {
    const { done, waits } = rush([{ ok: false, failure: { code: 'busy' } }, IN])
    await done
    expect(waits).toEqual([5])
  })

  it('waits for nothing else', async () => {
    const wrong: Answer<string> = { ok: false, failure: { code: 'bad_credentials' } }
    const { done, sent } = rush([wrong])
    expect(await done).toEqual(wrong)
    expect(sent()).toBe(1)
  })

  it('says that there is no turn after ten minutes', async () => {
    const { done, now } = rush([BUSY])
    expect(await done).toEqual(BUSY)
    expect(now()).toBeGreaterThanOrEqual(600_000)
    expect(now()).toBeLessThan(630_000)
  })

  it('is not sent again once the other form was chosen', async () => {
    let isOver = false
    const { done, sent } = rush([BUSY], {
      isOver: () => isOver,
      pause: async () => {
        isOver = true
      },
    })
    expect(await done).toBeUndefined()
    expect(sent()).toBe(1)
  })

  it('says how long', () => {
    expect(sayWait(12)).toMatch(/^One moment: .* about 12 seconds/)
    expect(sayWait(100)).toContain('about 2 minutes')
  })
})
