/** Tests where a log-in leads. */
import { expect, it } from 'vitest'
import { wantedPage } from '../../../browser/home/wanted-page.ts'

const origin = 'https://soulseer.app'
const wanted = (next: string) => wantedPage({ search: `?next=${encodeURIComponent(next)}`, origin })

it.each(['/history', '/session/abc', '/payments/pi_1', '/history?from=2026'])('to %s', (path) => {
  expect(wanted(path)).toBe(path)
})

it.each([
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  'https://evil.example/',
  'javascript:alert(1)',
  'history',
  '/',
  '',
])('nowhere else: %j', (path) => {
  expect(wanted(path)).toBeUndefined()
})

it('to the dashboard where no page was wanted', () => {
  expect(wantedPage({ search: '', origin })).toBeUndefined()
})
