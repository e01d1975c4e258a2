/** Tests when copies and checks are made without anybody asking. */
import { describe, expect, it } from 'vitest'
import { createSchedule, isDue, type Job } from '../../../adapters/backup/schedule.ts'
import { fakeClock } from '../../support/fake-clock.ts'
import { memoryDisk } from '../../support/store/memory-disk.ts'
import { keptLog } from '../../support/store/store-parts.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOON = Date.UTC(2026, 10, 28, 12)

describe('a schedule', () => {
  it('copies every hour, brings a whole copy to the bucket every night, and checks it every week', () => {
    expect([isDue('copy', NOON, NOON + HOUR - 1), isDue('copy', NOON, NOON + HOUR)]).toEqual([false, true])
    const nine = Date.UTC(2026, 10, 29, 9)
    expect([isDue('bucketCopy', NOON, nine - 1), isDue('bucketCopy', NOON, nine)]).toEqual([false, true])
    expect(isDue('bucketCopy', nine + 1, nine + HOUR)).toBe(false)
    expect([isDue('check', NOON, NOON + 7 * DAY - 1), isDue('check', NOON, NOON + 7 * DAY)]).toEqual([
      false,
      true,
    ])
  })

  it('does each once, remembers it over a restart, and tries what failed again after an hour', async () => {
    const clock = fakeClock(NOON)
    const disk = memoryDisk()
    const log = keptLog()
    const ran: Job[] = []
    let fails = true
    const parts = {
      jobs: ['copy'] as const,
      run: async (job: Job) => {
        ran.push(job)
        if (fails) throw new Error('no room')
      },
      disk,
      clock,
      log,
      onFailed: () => undefined,
    }
    const schedule = createSchedule(parts)
    await schedule.start()
    await clock.advance(HOUR - 1)
    expect(ran).toHaveLength(0)
    await clock.advance(6 * 60_000)
    expect(ran).toHaveLength(1)
    expect(log.warnings.join()).toMatch(/no copy .* could be made.*/)
    fails = false
    await clock.advance(30 * 60_000)
    expect(ran).toHaveLength(1)
    await clock.advance(40 * 60_000)
    expect(ran).toHaveLength(2)
    schedule.stop()
    const again = createSchedule(parts)
    await again.start()
    await clock.advance(10 * 60_000)
    expect(ran).toHaveLength(2)
    expect(again.ageMs('copy')).toBeLessThan(HOUR)
    again.stop()
  })
})
