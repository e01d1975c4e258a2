import { describe, expect, it } from 'vitest'
import { Scene, settle } from './call-fakes.ts'

const textsOf = (page: { chat: { text: string }[] }) => page.chat.map((line) => line.text)

describe('chat', () => {
  it('crosses in order and is confirmed', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    const lines = ['one', 'two', 'three'].map((text) => client.call.sendChat(text))
    await settle()
    expect(textsOf(reader)).toEqual(['one', 'two', 'three'])
    expect(client.delivered).toEqual(lines.map((line) => line?.id))
  })

  it('said before there is a path is sent when there is one', async () => {
    const scene = new Scene()
    const client = scene.open('client')
    client.call.start()
    client.call.sendChat('hello?')
    const reader = scene.open('reader')
    reader.call.start()
    await settle()
    expect(textsOf(reader)).toEqual(['hello?'])
  })

  it('is neither lost nor doubled over a rebuild', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
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
    const { client, reader } = await scene.connected()
    client.call.sendChat('before')
    await settle()
    const next = await scene.reload(client)
    next.call.sendChat('after')
    await settle()
    expect(textsOf(reader)).toEqual(['before', 'after'])
    expect(next.delivered).toHaveLength(1)
  })

  it('said under the name of a page that was loaded anew is shown once, however often it is said', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
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

  it('written before a reload and confirmed by nobody is said by the new page', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
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
    const { client, reader } = await scene.connected()
    expect(client.call.sendChat('\u{1F52E}'.repeat(4_000))).toBeDefined()
    expect(client.call.sendChat('x'.repeat(4_001))).toBeUndefined()
    expect(client.call.sendChat(' \n ')).toBeUndefined()
    await settle()
    expect(reader.chat).toHaveLength(1)
  })

  it('shows nothing that is not a line, whatever the other page sends', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
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
