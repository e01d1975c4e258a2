/**
 * Keeps the screen on while a session is open, where the browser can; returns a function that lets
 * it sleep again.
 */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined
  let over = false

  const ask = async () => {
    if (!('wakeLock' in navigator) || document.visibilityState !== 'visible') return
    // A phone with a low battery refuses; the session goes on without.
    const given = await navigator.wakeLock.request('screen').catch(() => undefined)
    if (over) void given?.release()
    else lock = given
  }
  // The browser takes the lock back whenever the page is hidden.
  document.addEventListener('visibilitychange', ask)
  void ask()

  return () => {
    over = true
    document.removeEventListener('visibilitychange', ask)
    void lock?.release()
  }
}
