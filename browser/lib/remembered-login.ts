/** Whether somebody has logged in with this browser, and has not logged out since. A hint alone: the cookie decides. */
export type RememberedLogin = 'never' | 'logged-in' | 'logged-out'

const KEY = 'soulseer.known'

export function rememberedLogin(): RememberedLogin {
  const kept = attempt(() => localStorage.getItem(KEY))
  return kept === 'logged-in' || kept === 'logged-out' ? kept : 'never'
}

export function remember(state: RememberedLogin): void {
  attempt(() => localStorage.setItem(KEY, state))
}

/** A browser may refuse to keep anything; then every visit is the first. */
function attempt<T>(use: () => T): T | undefined {
  try {
    return use()
  } catch {
    return undefined
  }
}
