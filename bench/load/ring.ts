/** Requests sessions as clients and accepts them as readers, over HTTP. */
import { Agent, request } from 'node:http'
import { inParallel } from './line.ts'
import type { Pair } from './seed.ts'

const AT_ONCE = 16

export function createRing(
  url: string,
  always: Readonly<Record<string, string>> = {},
): { bringTogether(pairs: readonly Pair[]): Promise<string[]> } {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })

  const post = (path: string, cookie: string, body: object): Promise<{ session: { id: string } }> =>
    new Promise((resolve, reject) => {
      const headers = { ...always, cookie, 'content-type': 'application/json' }
      const call = request(`${url}${path}`, { method: 'POST', agent, headers }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (piece: string) => {
          text += piece
        })
        answer.once('end', () => {
          if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(text))
          else reject(new Error(`${path}: ${answer.statusCode} ${text}`))
        })
      })
      call.once('error', reject)
      call.end(JSON.stringify(body))
    })

  return {
    /**
     * Puts a session between each two into the state `accepted`; returns their ids in the same
     * order.
     */
    async bringTogether(pairs) {
      const ids = await inParallel(pairs, AT_ONCE, async ({ client, reader }) => {
        const { session } = await post('/session/start', client.cookie, {
          readerId: reader.id,
          kind: 'video',
        })
        await post(`/session/${session.id}/accept`, reader.cookie, {})
        return session.id
      })
      agent.destroy()
      return ids
    },
  }
}
