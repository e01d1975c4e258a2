/**
 * Remembers whether this browser has been logged in, and not logged out since. Only a hint: the
 * cookie decides.
 */
export type RememberedLogin = 'never' | 'logged-in' | 'logged-out'

const KEY = 'soulseer.known'

export function rememberedLogin(): RememberedLogin {
  const kept = attempt(() => localStorage.getItem(KEY))
  return kept === 'logged-in' || kept === 'logged-out' ? kept : 'never'
}

export function remember(state: RememberedLogin): void {
  attempt(() => localStorage.setItem(KEY, state))
}

/** Runs `use`. A browser may refuse to keep anything; then every visit is the first. */
function attempt<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
