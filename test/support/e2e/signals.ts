/** Records what a page and the server send each other. */
import { expect, type Page, type Request } from '@playwright/test'

/**
 * Loads the page again, and records everything that it and the server send by socket, either way.
 */
export async function overhear(page: Page): Promise<readonly string[]> {
  const texts: string[] = []
  const hear = (text: string | Buffer | null) => texts.push(String(text))
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => hear(payload))
    socket.on('framesent', ({ payload }) => hear(payload))
  })
  // Until its WebSocket is open, Socket.IO speaks by requests.
  page.on('request', (request) => isPoll(request) && hear(request.postData()))
  page.on('response', async (response) => {
    // A page that navigates takes its last responses along.
    if (isPoll(response.request())) hear(await response.text().catch(() => ''))
  })
  await page.reload()
  return texts
}

const isPoll = (request: Request): boolean => /\/socket\.io\/.*transport=polling/.test(request.url())

/** Returns every ICE candidate in those texts: those sent alone, and those inside descriptions. */
export function candidatesIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) => Array.from(text.matchAll(/candidate:\d[^"\\]*/g), ([line]) => line))
}

/**
 * Returns the kinds of the two ends of the path that the page's newest connection uses: its own
 * first.
 */
export async function selectedPath(page: Page): Promise<string[]> {
  return (await selectedEnds(page)).map(({ candidateType = 'none' }) => candidateType)
}

/**
 * Returns the kind of the page's own end of that path, and what carries it from the page: UDP, or
 * TCP to the relay.
 */
export async function selectedTransport(page: Page): Promise<string> {
  const [own] = await selectedEnds(page)
  return `${own?.candidateType ?? 'none'} over ${own?.relayProtocol ?? own?.protocol ?? 'nothing'}`
}

function selectedEnds(page: Page): Promise<Record<string, string>[]> {
  return page.evaluate(async () => {
    const { opened } = window as unknown as { opened: RTCPeerConnection[] }
    const byId = new Map<string, Record<string, string>>((await opened.at(-1)?.getStats())?.entries())
    const transport = [...byId.values()].find(({ type }) => type === 'transport')
    const pair = byId.get(transport?.selectedCandidatePairId ?? '')
    const ends = [pair?.localCandidateId, pair?.remoteCandidateId]
    return ends.map((id) => byId.get(id ?? '') ?? {})
  })
}

export async function expectPath(page: Page, kind: 'relay' | 'host'): Promise<void> {
  await expect.poll(() => selectedPath(page), { message: `both ends are ${kind}` }).toEqual([kind, kind])
}
