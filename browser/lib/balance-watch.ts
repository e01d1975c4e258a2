/** Keeps a client's balance current while the page's socket is away. */
import type { Api } from './api.ts'
import type { BrowserSocket } from './socket.ts'

const AWAY_MS = 10_000

export interface BalanceWatchParts {
  api: Pick<Api, 'checkBalance'>
  socket: Pick<BrowserSocket, 'connected' | 'on' | 'listeners'>
  userId: string
  every?: (ms: number, run: () => void) => void
  /** Calls `run` each time that the user comes back to this tab. */
  onReturn?: (run: () => void) => void
}

/**
 * Requests a client's balance while the socket is away, and whenever the user comes back to the
 * tab. Listeners for the socket's balance get it the same way, unless the socket has sent a newer
 * one meanwhile.
 */
export function watchBalance(parts: BalanceWatchParts): void {
  const { api, socket, userId, every = everyInPage, onReturn = onReturnToTab } = parts
  let told = 0
  socket.on('balance', () => {
    told += 1
  })
  const ask = async () => {
    const before = told
    const answer = await api.checkBalance(userId)
    if (!answer.ok || told !== before) return
    for (const hear of socket.listeners('balance')) hear({ balanceCents: answer.value.balanceCents })
  }
  every(AWAY_MS, () => {
    if (!socket.connected) void ask()
  })
  onReturn(() => void ask())
}

const everyInPage = (ms: number, run: () => void) => void setInterval(run, ms)

const onReturnToTab = (run: () => void) =>
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') run()
  })
