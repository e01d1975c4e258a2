/** Tests the time zone of instants on the pages. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { knownZone, timeZone } from '../../../browser/lib/format.ts'

/** Makes the browser report `zone` as its own; formats in a given zone stay as they are. */
function browserIn(zone: string | undefined): void {
  const real = Intl.DateTimeFormat
  vi.stubGlobal('Intl', {
    ...Intl,
    DateTimeFormat: Object.assign(
      function format(locale?: string, options?: Intl.DateTimeFormatOptions) {
        return options ? new real(locale, options) : { resolvedOptions: () => ({ timeZone: zone }) }
      },
      { prototype: real.prototype },
    ),
  })
}

afterEach(() => vi.unstubAllGlobals())

describe('the zone of a browser', () => {
  it('is the one that it reports', () => {
    browserIn('America/Bogota')
    expect([knownZone(), timeZone()]).toEqual(['America/Bogota', 'America/Bogota'])
  })

  it.each(['Etc/Unknown', 'Foo/Bar', '', undefined])('is UTC, and known not to be known, for %j', (zone) => {
    browserIn(zone)
    expect(knownZone() || undefined).toBeUndefined()
    expect(timeZone()).toBe('UTC')
  })
})
