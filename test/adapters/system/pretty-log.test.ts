/** Tests the log as developers see it. */
import { expect, it } from 'vitest'
import { createLog } from '../../../adapters/system/log.ts'
import { prettyLines } from '../../../adapters/system/pretty-log.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = []
  write(
    createLog(
      'info',
      prettyLines((line) => lines.push(line)),
    ),
  )
  return lines
}

it('writes an event as one short line', () => {
  const [line] = logged((log) => log.warn({ userId: 'r1', ms: 12 }, 'slow'))
  expect(line).toMatch(/^\d\d:\d\d:\d\d warn slow userId="r1" ms=12\n$/)
})

it('keeps secrets out, and a field from looking like a line', () => {
  const [line = ''] = logged((log) => log.info({ name: 'Ana\n12:00:00 error forged', password: 'x' }, 'in'))
  expect(line.trim().split('\n')).toHaveLength(1)
  expect(line).not.toContain('password')
})

it('shows where an error came from', () => {
  const [line = ''] = logged((log) => log.error({ err: new Error('broken') }, 'failed'))
  expect(line).toMatch(/ error failed\n {4}Error: broken\n {4} +at /)
})
