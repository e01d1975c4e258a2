/** Measures the peers: the same sockets, messages and generator, on relays that do nothing else. */
import { fileURLToPath } from 'node:url'
import { type Comparison, compareRelay, memoryOf } from './compare.ts'
import { startHost } from './host.ts'
import { inParallel, later, openLine } from './line.ts'
import type { Options } from './options.ts'
import { createTraffic, type Seat } from './traffic.ts'

export type Peer = 'socketio' | 'ws'

const OPENING_AT_ONCE = 64

/** Measures one peer in a fresh process. */
export async function measurePeer(peer: Peer, options: Options): Promise<Comparison> {
  const script = fileURLToPath(new URL(`peer-${peer}.js`, import.meta.url))
  const host = await startHost({ script, env: {}, cwd: process.cwd() })
  const traffic = createTraffic()
  const sockets = options.peerSockets - (options.peerSockets % 2)
  const { opened, ...memory } = await memoryOf(host, sockets, () =>
    openSeats(host.url, sockets, traffic.hear),
  )
  const { relays: perSecond, compareSeconds: seconds } = options
  const figures = await compareRelay({ host, traffic, seats: opened, perSecond, seconds })
  for (const { line } of opened) line.close()
  await host.stop()
  return { sockets, ...memory, ...figures }
}

function openSeats(url: string, sockets: number, hear: (text: string) => unknown): Promise<Seat[]> {
  const sessionIds = Array.from({ length: sockets }, (_, index) => `session-${Math.floor(index / 2)}`)
  return inParallel(sessionIds, OPENING_AT_ONCE, async (sessionId) => {
    const joined = later()
    let listen = (_text: string): unknown => joined.resolve()
    const lost = (why: string) => {
      throw new Error(`a peer's socket was lost: ${why}`)
    }
    const line = await openLine({ url, hear: (text) => listen(text), lost })
    line.say(`421["join",{"sessionId":"${sessionId}"}]`)
    await joined.promise
    listen = hear
    return { line, sessionId }
  })
}
