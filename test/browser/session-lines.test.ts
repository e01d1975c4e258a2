import { describe, expect, it } from 'vitest'
import { piecesOf } from '../../browser/links.ts'
import { createSessionLines } from '../../browser/session-lines.ts'
import { sayPath, sayPeer, sayQuality } from '../../browser/words-media.ts'
import fc from '../support/properties.ts'
import { fakeStorage } from './page-fakes.ts'

const line = (id: string, mine: boolean, text = 'Hello') => ({ id, mine, text, at: 1 })

function openLines(tab = fakeStorage()) {
  return { tab, lines: createSessionLines({ sessionId: 's', storage: () => tab }) }
}

describe('the chat of a session', () => {
  it('is there again after the page was loaded anew, with what had arrived', () => {
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

  it('counts what the other wrote while nobody looked', () => {
    const { lines } = openLines()
    lines.hear(line('you:1', false))
    lines.hear(line('you:2', false))
    lines.say(line('me:1', true))
    expect(lines.unread.value).toBe(2)
    lines.see()
    expect(lines.unread.value).toBe(0)
  })

  it('begins anew when what was kept is no chat', () => {
    for (const text of ['{', '{"lines":[{"id":7}],"unsent":"x"}', '[]']) {
      const tab = fakeStorage()
      tab.setItem('soulseer.chat.s', text)
      expect(openLines(tab).lines.lines.value, text).toEqual([])
    }
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
  it('tells in words how good the connection is and whose is not', () => {
    expect(sayQuality({ level: 'good', whose: 'nobody' })).toBe('Good connection')
    expect(sayQuality({ level: 'poor', whose: 'theirs' })).toBe('Their connection is weak')
    expect(sayQuality({ level: 'poor', whose: 'mine' })).toBe('Your connection is weak')
    expect(sayPath({ level: 'good', whose: 'nobody', path: 'relay', rttMs: 41.6 })).toMatch(/relay.*42 ms\.$/)
  })

  it('tells what the other person has turned off, and nothing when all is as usual', () => {
    const usual = { microphone: 'on', camera: 'on', screen: false } as const
    expect(sayPeer(usual, 'Rosa', true)).toBeUndefined()
    expect(sayPeer({ ...usual, microphone: 'muted' }, 'Rosa', true)).toBe('Rosa muted')
    expect(sayPeer({ ...usual, camera: 'off', microphone: 'muted' }, 'Rosa', true)).toBe(
      'Rosa turned the camera off · muted',
    )
    expect(sayPeer({ ...usual, camera: 'off', screen: true }, 'Rosa', true)).toBe(
      'Rosa is sharing the screen',
    )
    expect(sayPeer({ ...usual, camera: 'none' }, 'Rosa', false)).toBeUndefined()
  })
})
