/** Tests the chat of a page that was reloaded. */
import { describe, expect, it } from 'vitest'
import { createChat } from '../../../browser/call/talk/chat.ts'
import type { ChatLine } from '../../../browser/call/types.ts'

/** One end of a channel whose other end is `peer`; what is sent while it is deaf is lost. */
class End extends EventTarget {
  readyState = 'open'
  deaf = false
  peer: End | undefined

  send(data: string): void {
    if (!this.peer?.deaf) this.peer?.dispatchEvent(new MessageEvent('message', { data }))
  }
}

function join(one: ReturnType<typeof openChat>, other: ReturnType<typeof openChat>) {
  const ends = [new End(), new End()] as const
  ends[0].peer = ends[1]
  ends[1].peer = ends[0]
  one.chat.attach(ends[0] as unknown as RTCDataChannel)
  other.chat.attach(ends[1] as unknown as RTCDataChannel)
  for (const end of ends) end.dispatchEvent(new Event('open'))
  return ends
}

let names = 0

function openChat(unsent: readonly ChatLine[] = []) {
  const heard: ChatLine[] = []
  const delivered: string[] = []
  names += 1
  const chat = createChat({
    newId: () => `page${names}`,
    now: () => 1,
    after: () => () => {},
    unsent,
    onLine: (line) => heard.push(line),
    onDropped: () => {},
    onDelivered: (id) => delivered.push(id),
  })
  chat.hold(false)
  return { chat, heard, delivered }
}

describe('a page that was reloaded', () => {
  it('sends what had not arrived, before what is written now', () => {
    const before = openChat()
    const line = before.chat.send('written before the reload')
    const other = openChat()
    const after = openChat(line ? [line] : [])
    after.chat.send('written after it')
    join(after, other)
    expect(other.heard.map(({ text }) => text)).toEqual(['written before the reload', 'written after it'])
    expect(after.delivered).toEqual([line?.id, expect.stringMatching(/:1$/)])
  })

  it('sends again what had arrived unconfirmed; it comes under the same id and is confirmed', () => {
    const before = openChat()
    const other = openChat()
    const [end] = join(before, other)
    end.deaf = true
    const line = before.chat.send('arrives unconfirmed')
    expect(other.heard).toHaveLength(1)
    expect(before.delivered).toEqual([])
    const after = openChat(line ? [line] : [])
    join(after, other)
    expect(other.heard).toHaveLength(1)
    expect(after.delivered).toEqual([line?.id])
  })
})
