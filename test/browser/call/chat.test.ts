/** Tests the chat of a session. */
import { describe, expect, it, vi } from 'vitest'
import {
  FRAME_CHARS_MAX,
  FRAMES_BURST,
  LINES_BURST,
  LINES_MAX,
} from '../../../browser/call/talk/frame-limits.ts'
import { type Page, Scene, settle } from './fakes.ts'

const textsOf = (page: { chat: { text: string }[] }) => page.chat.map((line) => line.text)

describe('chat', () => {
  it('crosses in order and is confirmed', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    const lines = ['one', 'two', 'three'].map((text) => client.call.sendChat(text))
    await settle()
    expect(textsOf(reader)).toEqual(['one', 'two', 'three'])
    expect(client.delivered).toEqual(lines.map((line) => line?.id))
  })

  it('written before a reload waits for the path and the meter', async () => {
    const scene = new Scene()
    const line = { id: 'before:1', mine: true, text: 'hello?', at: 0 }
    const { client, reader } = await scene.connected({ unsentLines: [line] })
    expect(reader.chat).toEqual([])
    scene.count(true, client, reader)
    await settle()
    expect(textsOf(reader)).toEqual(['hello?'])
  })

  it('is neither lost nor doubled over a rebuild', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    client.call.sendChat('arrives')
    await settle()
    // This one reaches the reader, but its confirmation is lost with the channel.
    client.peer().channel.loses = true
    client.call.sendChat('arrives unconfirmed')
    await settle()
    scene.net.fail()
    for (const page of [client, reader]) page.peer().channel.turn('closed')
    client.call.sendChat('said while away')
    await scene.time.advance(45_000)
    scene.net.restore()
    await scene.time.advance(20_000)
    expect(textsOf(reader)).toEqual(['arrives', 'arrives unconfirmed', 'said while away'])
    expect(client.delivered).toHaveLength(3)
  })

  it('goes on with a page that was reloaded and counts from one again', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    client.call.sendChat('before')
    await settle()
    const next = await scene.reload(client)
    next.call.sendChat('after')
    await settle()
    expect(textsOf(reader)).toEqual(['before', 'after'])
    expect(next.delivered).toHaveLength(1)
  })

  it('sent under the name of a page that was reloaded is shown once, however often it is sent', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    const say = (from: string, number: number) =>
      client.peer().channel.send(JSON.stringify({ type: 'line', from, number, text: `${from} ${number}` }))
    say('old', 1)
    say('new', 1)
    say('old', 1)
    say('old', 2)
    say('new', 1)
    await settle()
    expect(textsOf(reader)).toEqual(['old 1', 'new 1', 'old 2'])
  })

  it('written before a reload and not confirmed is sent by the new page', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    reader.peer().channel.loses = true
    const line = client.call.sendChat('did you hear?')
    if (!line) throw new Error('not taken')
    const next = await scene.reload(client, { unsentLines: [line] })
    await settle()
    expect(textsOf(reader)).toEqual(['did you hear?'])
    expect(next.delivered).toEqual([line.id])
  })

  it('takes 4,000 characters and no more, and nothing blank', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    expect(client.call.sendChat('\u{1F52E}'.repeat(4_000))).toBeDefined()
    expect(client.call.sendChat('x'.repeat(4_001))).toBeUndefined()
    expect(client.call.sendChat(' \n ')).toBeUndefined()
    await settle()
    expect(reader.chat).toHaveLength(1)
  })

  it('shows nothing that is not a line, whatever the other page sends', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    const nonsense = [
      'plain',
      '{',
      'null',
      '[]',
      '{"type":"line"}',
      '{"type":"line","from":"x","number":1.5,"text":"half"}',
      '{"type":"line","from":"x","number":1,"text":7}',
      JSON.stringify({ type: 'line', from: 'x', number: 1, text: 'y'.repeat(4_001) }),
      JSON.stringify({ type: 'line', from: 'x'.repeat(65), number: 1, text: 'long name' }),
    ]
    for (const data of nonsense) client.peer().channel.send(data)
    await settle()
    expect(reader.chat).toEqual([])
    client.call.sendChat('still here')
    await settle()
    expect(textsOf(reader)).toEqual(['still here'])
  })
})

/** Sends `count` lines at once, as no page of ours does. */
function flood({ peer }: Page, count: number, from = 'flood'): void {
  const { channel } = peer()
  for (let number = 1; number <= count; number += 1)
    channel.send(JSON.stringify({ type: 'line', from, number, text: `${number}` }))
}

describe('of a page that sends too much', () => {
  it('so many lines are taken at once, ten a second after that, and the page reports the rest', async () => {
    const onChatDropped = vi.fn()
    const scene = new Scene()
    const { client, reader } = await scene.live({ onChatDropped })
    flood(client, 100)
    await settle()
    expect(reader.chat).toHaveLength(LINES_BURST)
    expect(onChatDropped).toHaveBeenCalledTimes(100 - LINES_BURST)
    await scene.time.advance(1_000)
    flood(client, 100)
    await settle()
    expect(reader.chat).toHaveLength(LINES_BURST + 10)
  })

  it('no more than 2,000 lines are taken in a session, whatever names it takes and however slowly it sends', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    for (let round = 0; round < LINES_MAX / 10 + 10; round += 1) {
      flood(client, 10, `name ${round}`)
      await scene.time.advance(1_000)
    }
    expect(reader.chat).toHaveLength(LINES_MAX)
  })

  it('those are counted over a reload of the page that hears them', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    const next = await scene.reload(reader, { takenLines: LINES_MAX - 1 })
    flood(client, 5)
    await settle()
    expect(textsOf(next)).toEqual(['1'])
  })

  it.each([
    ['a ping', JSON.stringify({ type: 'ping', number: 1 })],
    ['a pong', JSON.stringify({ type: 'pong', number: 1 })],
    [
      'what it says of its media',
      JSON.stringify({ type: 'media', microphone: 'on', camera: 'on', screen: true }),
    ],
    ['a confirmation', JSON.stringify({ type: 'ack', from: 'x', number: 1 })],
    ['a kind that is not known', JSON.stringify({ type: 'typing' })],
    ['nothing in JSON', '{'],
  ])('%s goes no further than to the first listener, past so many at once', async (_, frame) => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    await scene.time.advance(60_000)
    const listener = vi.fn()
    reader.peer().channel.addEventListener('message', listener)
    for (let sent = 0; sent < 10_000; sent += 1) client.peer().channel.send(frame)
    await settle()
    expect(listener.mock.calls.length).toBeLessThanOrEqual(FRAMES_BURST)
    expect(listener.mock.calls.length).toBeGreaterThan(FRAMES_BURST - 10)
  })

  it('nothing is passed on that is larger than a line can be, or not text', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    const listener = vi.fn()
    reader.peer().channel.addEventListener('message', listener)
    client.peer().channel.send('x'.repeat(FRAME_CHARS_MAX + 1))
    reader.peer().channel.hear(new ArrayBuffer(8))
    await settle()
    expect(listener).not.toHaveBeenCalled()
  })

  it('and does not read, no confirmations are kept', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    const { channel } = reader.peer()
    const answers = () => channel.sent.filter((frame) => frame.includes('pong')).length
    client.peer().channel.send(JSON.stringify({ type: 'ping', number: 900 }))
    await settle()
    const before = answers()
    Object.assign(channel, { bufferedAmount: 2_000_000 })
    client.peer().channel.send(JSON.stringify({ type: 'ping', number: 901 }))
    await settle()
    expect(answers()).toBe(before)
  })

  it('a rebuild of the connection does not begin the count again', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    flood(client, 10_000)
    await settle()
    const next = await scene.reload(client)
    flood(next, 100, 'another name')
    await settle()
    expect(reader.chat).toHaveLength(LINES_BURST)
  })

  it('the longest line of the most costly letters is still taken', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.live()
    const text = `x${'\u0001'.repeat(3_999)}`
    client.call.sendChat(text)
    await settle()
    expect(textsOf(reader)).toEqual([text])
  })
})

describe('a page that keeps to the rules', () => {
  it('gets all of a long backlog through, in order, with nothing dropped', async () => {
    const onChatDropped = vi.fn()
    const scene = new Scene()
    const client = scene.open('client')
    client.call.start()
    scene.count(true, client)
    const lines = Array.from({ length: 150 }, (_, index) => `${index}`)
    for (const text of lines) client.call.sendChat(text)
    const reader = scene.open('reader', { onChatDropped })
    reader.call.start()
    await scene.time.advance(30_000)
    expect(textsOf(reader)).toEqual(lines)
    expect(client.delivered).toHaveLength(150)
    expect(onChatDropped).not.toHaveBeenCalled()
  })

  it('loses nothing when the network holds what is on its way, and lets it go at once', async () => {
    const onChatDropped = vi.fn()
    const scene = new Scene()
    const { client, reader } = await scene.live({ onChatDropped })
    const lines = Array.from({ length: 60 }, (_, index) => `${index}`)
    scene.net.deaf = true
    for (const text of lines) {
      client.call.sendChat(text)
      await scene.time.advance(20)
    }
    scene.net.restore()
    await scene.time.advance(20_000)
    expect(textsOf(reader)).toEqual(lines)
    expect(onChatDropped).not.toHaveBeenCalled()
  })
})
