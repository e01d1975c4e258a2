/** Reads from the address which page a person wanted before logging in. */

/** Returns its path on this site; undefined where none was wanted, or another site's. */
export function wantedPage({ search, origin }: Pick<Location, 'search' | 'origin'>): string | undefined {
  const wanted = new URLSearchParams(search).get('next')
  if (!wanted?.startsWith('/')) return undefined
  const address = URL.parse(wanted, origin)
  if (address?.origin !== origin || address.pathname === '/') return undefined
  return `${address.pathname}${address.search}`
}
