/** Tests the lines of the chat and of the connection. */
import { describe, expect, it } from 'vitest'
import { sayPath, sayPeer, sayQuality } from '../../../../browser/call/messages.ts'
import { piecesOf } from '../../../../browser/lib/links.ts'
import { createSessionLines, OWN_LINES_MAX } from '../../../../browser/session/chat/chat-lines.ts'
import { KEPT_CHARS_MAX } from '../../../../browser/session/chat/chat-memory.ts'
import fc from '../../../support/properties.ts'
import { FakeTime } from '../../call/fakes.ts'
import { fakeStorage } from '../../page-fakes.ts'

const line = (id: string, mine: boolean, text = 'Hello') => ({ id, mine, text, at: 1 })

function openLines(tab = fakeStorage()) {
  const time = new FakeTime()
  const environment = { after: time.after, now: time.read }
  return { tab, time, lines: createSessionLines({ sessionId: 's', storage: () => tab, environment }) }
}

describe('the chat of a session', () => {
  it('is there again after the page was reloaded, with what had arrived', () => {
    const { tab, lines } = openLines()
    lines.say(line('me:1', true))
    lines.hear(line('you:1', false))
    lines.say(line('me:2', true))
    lines.delivered('me:1')
    const { lines: again } = openLines(tab)
    expect(again.lines.value).toEqual(lines.lines.value)
    expect([...again.unsent.value]).toEqual(['me:2'])
    expect(again.unread.value).toBe(0)
  })

  it('shows a line once though it comes twice', () => {
    const { tab, lines } = openLines()
    lines.hear(line('you:1', false))
    const { lines: again } = openLines(tab)
    again.hear(line('you:1', false))
    expect(again.lines.value).toHaveLength(1)
  })

  it('leaves nothing in the browser once the session has ended', () => {
    const { tab, lines } = openLines()
    lines.say(line('me:1', true))
    expect(tab.kept.size).toBe(1)
    lines.forget()
    lines.delivered('me:1')
    expect(tab.kept.size).toBe(0)
  })

  it('counts what the other wrote while the page was hidden', () => {
    const { lines } = openLines()
    lines.hear(line('you:1', false))
    lines.hear(line('you:2', false))
    lines.say(line('me:1', true))
    expect(lines.unread.value).toBe(2)
    lines.see()
    expect(lines.unread.value).toBe(0)
  })

  it('starts empty when what was kept is no chat', () => {
    for (const text of ['{', '{"lines":[{"id":7}],"unsent":"x"}', '[]']) {
      const tab = fakeStorage()
      tab.setItem('soulseer.chat.s', text)
      expect(openLines(tab).lines.lines.value, text).toEqual([])
    }
  })
})

describe('a chat of very many lines', () => {
  function hearMany(count: number, text = 'Hello') {
    const opened = openLines()
    let stores = 0
    const { setItem } = opened.tab
    opened.tab.setItem = (key, value) => {
      stores += 1
      setItem(key, value)
    }
    for (let number = 1; number <= count; number += 1) opened.lines.hear(line(`you:${number}`, false, text))
    return { ...opened, stores: () => stores }
  }

  it('is stored at intervals, the last line too', async () => {
    const { tab, time, lines, stores } = hearMany(1_000)
    expect(stores()).toBeLessThanOrEqual(10)
    await time.advance(2_000)
    expect(stores()).toBeLessThanOrEqual(11)
    expect(openLines(tab).lines.lines.value.at(-1)?.id).toBe('you:1000')
    lines.hear(line('you:1001', false))
    expect(openLines(tab).lines.count.value).toBe(1_001)
  })

  it('is stored at once when the page goes', () => {
    const { tab, lines } = hearMany(1_000)
    lines.keepNow()
    expect(openLines(tab).lines.count.value).toBe(1_000)
  })

  it('is not stored after its end by a store that was waiting', async () => {
    const { tab, time, lines } = hearMany(1_000)
    lines.forget()
    await time.advance(10_000)
    lines.keepNow()
    expect(tab.kept.size).toBe(0)
  })

  it('is kept as far back as there is room, and still counted whole', async () => {
    const { tab, time } = hearMany(2_000, 'x'.repeat(4_000))
    await time.advance(2_000)
    const stored = [...tab.kept.values()].join('')
    expect(stored.length).toBeLessThan(KEPT_CHARS_MAX * 1.1)
    const { lines: again } = openLines(tab)
    expect(again.lines.value.at(-1)?.id).toBe('you:2000')
    expect(again.before().taken).toBe(2_000)
  })

  it('is drawn in its latest part, and further back when asked', () => {
    const { lines } = hearMany(1_000)
    const drawn = () => lines.lines.value.map(({ id }) => id)
    expect(drawn()).toHaveLength(200)
    expect(drawn().at(-1)).toBe('you:1000')
    expect(lines.earlier.value).toBe(800)
    lines.showEarlier()
    expect(drawn()).toHaveLength(400)
    for (let press = 0; press < 10; press += 1) lines.showEarlier()
    expect(drawn()[0]).toBe('you:1')
    expect(lines.earlier.value).toBe(0)
  })

  it('never draws many more than the latest two hundred unasked', () => {
    const { lines } = openLines()
    for (let number = 1; number <= 600; number += 1) {
      lines.hear(line(`you:${number}`, false))
      expect(lines.lines.value.length).toBeLessThan(250)
    }
  })

  it('takes no more of one’s own than the other page does, over a reload too', () => {
    const { tab, lines } = openLines()
    for (let number = 1; number < OWN_LINES_MAX; number += 1) lines.say(line(`me:${number}`, true))
    expect(lines.full.value).toBe(false)
    lines.say(line('me:last', true))
    expect(lines.full.value).toBe(true)
    lines.keepNow()
    expect(openLines(tab).lines.full.value).toBe(true)
  })

  it('keeps what was not confirmed for the call that goes on after a reload, drawn or not', () => {
    const { tab, lines } = openLines()
    lines.say(line('me:1', true))
    for (let number = 1; number <= 500; number += 1) lines.hear(line(`you:${number}`, false))
    lines.keepNow()
    expect(
      openLines(tab)
        .lines.before()
        .unsent.map(({ id }) => id),
    ).toEqual(['me:1'])
  })
})

describe('what was written', () => {
  const hrefs = (text: string) => piecesOf(text).flatMap(({ href }) => href ?? [])

  it('has its web addresses as links, without the end of the sentence', () => {
    expect(piecesOf('See https://example.com/a?b=1, please')).toEqual([
      { text: 'See ' },
      { text: 'https://example.com/a?b=1', href: 'https://example.com/a?b=1' },
      { text: ', please' },
    ])
    expect(hrefs('(https://example.com/card)')).toEqual(['https://example.com/card'])
    expect(hrefs('https://example.com/Moon_(card)')).toEqual(['https://example.com/Moon_(card)'])
    expect(hrefs('http://a.example and https://b.example')).toEqual([
      'http://a.example/',
      'https://b.example/',
    ])
  })

  it('has the real host beside an address whose letters look like another’s', () => {
    const [link] = piecesOf('https://аpple.com/pay') // its first letter is Cyrillic
    expect(link).toMatchObject({ text: 'https://аpple.com/pay', host: 'xn--pple-43d.com' })
    const hidden = 'https://аpple.com/?//xn--pple-43d.com' // the host is part of the text, where it leads nowhere
    expect(piecesOf(hidden)[0]).toMatchObject({ host: 'xn--pple-43d.com' })
    expect(piecesOf('https://example.com.evil.example/')[0]).not.toHaveProperty('host')
    expect(piecesOf('http://127.0.0.1é.example/')[0]).toHaveProperty('host')
    expect(piecesOf('https://Example.COM:8443/a')[0]).not.toHaveProperty('host')
    expect(piecesOf('http://127.1/')[0]).toMatchObject({ host: '127.0.0.1' })
  })

  it.each([
    'javascript:alert(1)',
    'data:text/html,hello',
    'https://bank.example@evil.example/',
    'https://',
    'www.example.com',
    'ftp://example.com',
  ])('makes no link of %s', (text) => {
    expect(hrefs(text)).toEqual([])
  })

  it('is read once, and not again from each dot, however many an address ends in', () => {
    const text = `https://a${'.'.repeat(200_000)}a`
    expect(piecesOf(text).map((piece) => piece.text)).toEqual([text])
  })

  it('is the same text when its pieces are put together, whatever it is', () => {
    const words = fc.oneof(
      fc.string(),
      fc.constantFrom('https://a.example/(x)', 'http://b.example.', ' ', '@'),
    )
    fc.assert(
      fc.property(fc.array(words), (parts) => {
        const text = parts.join('')
        const pieces = piecesOf(text)
        expect(pieces.map((piece) => piece.text).join('')).toBe(text)
        for (const { href } of pieces) if (href !== undefined) expect(href).toMatch(/^https?:\/\//)
      }),
    )
  })
})

describe('what the call says of itself', () => {
  it('says in words how good the connection is and whose is not', () => {
    expect(sayQuality({ level: 'good', whose: 'nobody' })).toBe('Good connection')
    expect(sayQuality({ level: 'poor', whose: 'theirs' })).toBe('Their connection is weak')
    expect(sayQuality({ level: 'poor', whose: 'mine' })).toBe('Your connection is weak')
    expect(sayPath({ level: 'good', whose: 'nobody', path: 'relay', rttMs: 41.6 })).toMatch(/relay.*42 ms\.$/)
  })

  it('says what the other person has turned off, and nothing when all is as usual', () => {
    const usual = { microphone: 'on', camera: 'on', screen: false } as const
    expect(sayPeer(usual, 'Rosa', true)).toBeUndefined()
    expect(sayPeer({ ...usual, microphone: 'muted' }, 'Rosa', true)).toBe('Rosa muted')
    expect(sayPeer({ ...usual, camera: 'off', microphone: 'muted' }, 'Rosa', true)).toBe(
      'Rosa turned the camera off · muted',
    )
    expect(sayPeer({ ...usual, camera: 'off', screen: true }, 'Rosa', true)).toBe(
      'Rosa is sharing their screen',
    )
    expect(sayPeer({ ...usual, camera: 'none' }, 'Rosa', false)).toBeUndefined()
  })
})
