/** Takes the token of a mail's link out of the address of its page. */

/**
 * Returns the token, and removes it from the address bar and from the history at once, so that
 * neither a screenshot nor the next person at this browser has it. Undefined where the address has
 * none, as after a reload.
 */
export function takeToken(
  place: Pick<Location, 'hash' | 'pathname'>,
  past: Pick<History, 'replaceState'>,
): string | undefined {
  const token = place.hash.slice(1)
  past.replaceState(null, '', place.pathname)
  return token === '' ? undefined : token
}
