/** Tests how a page measures what it receives. */
import { describe, expect, it } from 'vitest'
import { createReception, type Reception } from '../../../browser/call/heard.ts'
import { packetsIn } from '../../../browser/call/stats.ts'
import type { SessionKind } from '../../../shared/protocol/session.ts'
import type { Role } from '../../../shared/protocol/views.ts'

const SAMPLE_MS = 250
const SAMPLE_OFTEN_MS = 80

/**
 * Plays a page that samples four times a second, or more often while it waits for the other one,
 * which sends as scripted.
 */
function page(role: Role, kind: SessionKind) {
  const reception = createReception(role, kind)
  let now = 10_000
  const counts = { audio: 0, video: 0, bytes: 0 }
  reception.sample(now, { ...counts })
  return {
    reception,
    now: () => now,
    /** Lets time pass in which `sends` comes in, its last packet and ping at the end. */
    pass(ms: number, ...sends: ('sound' | 'picture' | 'pings')[]) {
      const until = now + ms
      while (now < until) {
        const step = Math.min(reception.isAwaiting(now) ? SAMPLE_OFTEN_MS : SAMPLE_MS, until - now)
        now += step
        if (sends.includes('sound')) counts.audio += step / 20
        if (sends.includes('picture')) counts.video += 3
        const second = Math.floor(now / 1_000)
        if (sends.includes('pings') && second > Math.floor((now - step) / 1_000))
          reception.message(second * 1_000, true)
        reception.sample(now, { ...counts })
      }
    },
    /** Bytes of no message that was read. */
    bytes(ms: number) {
      now += ms
      counts.bytes += 80
      reception.sample(now, { ...counts })
    },
    /** Plays sound that stops, or starts, between two samples. */
    partOf(sampleMs: number, soundMs: number) {
      now += sampleMs
      counts.audio += soundMs / 20
      reception.sample(now, { ...counts })
    },
    /** Plays a look at the counters that takes that long, and what sound it finds. */
    slowly(sampleMs: number, readMs: number, soundMs: number) {
      now += sampleMs
      const askedAt = now
      now += readMs
      counts.audio += soundMs / 20
      reception.sample(askedAt, { ...counts }, now)
    },
    /** Lets time pass in which the page does not run; packets wait for it. */
    sleep(ms: number) {
      now += ms
      counts.audio += ms / 20
    },
    look() {
      now += 1
      reception.sample(now, { ...counts })
    },
  }
}

const spanMs = (reception: Reception) => {
  const heard = reception.heard()
  return heard && heard.heardAt - heard.heardSince
}

describe('what counts as heard', () => {
  it.each([
    ['client', 'voice', 'sound', true],
    ['client', 'voice', 'pings', false],
    ['client', 'video', 'sound', true],
    ['client', 'video', 'picture', true],
    ['client', 'video', 'pings', false],
    ['client', 'chat', 'pings', true],
    ['reader', 'voice', 'pings', true],
    ['reader', 'voice', 'sound', true],
    ['reader', 'video', 'picture', true],
    ['reader', 'video', 'pings', true],
    ['reader', 'chat', 'pings', true],
  ] as const)('a %s in %s that gets %s: %s', (role, kind, sent, counts) => {
    const { reception, pass } = page(role, kind)
    pass(5_000, sent)
    expect(reception.heard() !== undefined).toBe(counts)
  })

  it('nothing before anything has come', () => {
    const { reception, pass, now } = page('client', 'video')
    pass(5_000)
    expect(reception.heard()).toBeUndefined()
    expect(reception.isSilent(now())).toBe(false)
  })

  it('runs from the first packet to the last', () => {
    const { reception, pass, now } = page('client', 'voice')
    pass(1_000)
    const from = now()
    pass(5_000, 'sound', 'pings')
    expect(reception.heard()).toEqual({ heardSince: from, heardAt: now() })
    const to = now()
    pass(1_000, 'pings')
    expect(reception.heard()).toEqual({ heardSince: from, heardAt: to })
  })

  it('finds the moment at which sound begins and stops between two samples', () => {
    const { reception, partOf, pass, now } = page('client', 'voice')
    partOf(250, 100)
    expect(reception.heard()).toEqual({ heardSince: now() - 100, heardAt: now() })
    pass(1_000, 'sound')
    partOf(250, 60)
    expect(reception.heard()?.heardAt).toBe(now() - 190)
  })

  it('begins with the moment at which sound came at once that was held up on its way', () => {
    const { reception, pass, partOf, now } = page('client', 'voice')
    pass(1_000, 'sound')
    pass(1_250)
    partOf(250, 900)
    expect(reception.heard()).toEqual({ heardSince: now(), heardAt: now() })
  })

  it('begins with the moment at which a page that was late finds sound that it waited for', () => {
    const { reception, pass, partOf, now } = page('client', 'voice')
    pass(1_000, 'sound')
    pass(1_250)
    // As much as 700 ms of even sound, but it may have been held up and have come just now.
    partOf(700, 700)
    expect(reception.heard()).toEqual({ heardSince: now(), heardAt: now() })
  })

  it('begins no sooner than the counters were there, which were read slowly', () => {
    const { reception, pass, slowly, now } = page('client', 'voice')
    pass(1_000, 'sound')
    pass(1_200)
    slowly(80, 300, 200)
    expect(reception.heard()).toEqual({ heardSince: now(), heardAt: now() })
  })

  it('goes on where a busy page finds the sound of a time in which it waited for nothing', () => {
    const { reception, pass, partOf } = page('client', 'voice')
    pass(2_000, 'sound')
    pass(250)
    partOf(1_200, 1_200)
    expect(spanMs(reception)).toBe(3_450)
  })

  it('in chat goes on with bytes that are no message, and begins with them', () => {
    const { reception, bytes, pass, now } = page('client', 'chat')
    reception.message(now(), true)
    const first = now()
    bytes(250)
    pass(750)
    bytes(250)
    expect(reception.heard()).toEqual({ heardSince: first, heardAt: now() - 250 })
    pass(2_000)
    bytes(250)
    expect(reception.heard()).toEqual({ heardSince: now(), heardAt: now() })
  })

  it('in a call is not of bytes that are neither sound nor picture', () => {
    const { reception, bytes } = page('client', 'voice')
    bytes(250)
    expect(reception.heard()).toBeUndefined()
  })

  it('is of one piece when sound and picture come late for once', () => {
    const { reception, pass } = page('client', 'video')
    pass(2_000, 'sound', 'pings')
    pass(750)
    pass(2_000, 'sound', 'pings')
    expect(spanMs(reception)).toBe(4_750)
  })
})

describe('a gap breaks the span', () => {
  it('of a second and more with nothing at all, in sound and picture', () => {
    const { reception, pass, now } = page('client', 'voice')
    pass(2_000, 'sound', 'pings')
    pass(1_250)
    const back = now()
    pass(1_000, 'sound', 'pings')
    expect(reception.heard()?.heardSince).toBe(back)
  })

  it('of a cut of one second, though packets of 20 ms at both ends make it look shorter', () => {
    const { reception, pass, partOf, now } = page('client', 'voice')
    pass(1_000, 'sound')
    partOf(250, 120)
    pass(830)
    partOf(80, 40)
    expect(reception.heard()).toEqual({ heardSince: now() - 40, heardAt: now() })
  })

  it('in chat, where a word comes each second, of one and a half', () => {
    const { reception } = page('client', 'chat')
    const at = (ms: number) => {
      reception.sample(10_000 + ms)
      reception.message(10_000 + ms, true)
    }
    for (const ms of [0, 1_000, 2_400, 3_400]) at(ms)
    expect(reception.heard()).toEqual({ heardSince: 10_000, heardAt: 13_400 })
    at(4_901)
    expect(reception.heard()).toEqual({ heardSince: 14_901, heardAt: 14_901 })
  })

  it('of sound and picture while the pages talk only after three seconds, and from its first moment', () => {
    const { reception, pass, now } = page('client', 'video')
    pass(2_000, 'sound', 'pings')
    pass(2_750, 'pings')
    pass(1_000, 'sound', 'pings')
    expect(spanMs(reception)).toBe(5_750)
    const last = now()
    pass(3_250, 'pings')
    expect(reception.heard()?.heardAt).toBe(last)
    expect(reception.sendsNothing(now())).toBe(true)
    pass(250, 'sound', 'pings')
    expect(spanMs(reception)).toBe(250)
    expect(reception.sendsNothing(now())).toBe(false)
  })

  it('in which no sample was taken for two seconds: what waited meanwhile proves nothing', () => {
    const { reception, pass, sleep, look, now } = page('client', 'voice')
    pass(2_000, 'sound', 'pings')
    const before = reception.heard()
    sleep(2_100)
    reception.message(now(), true)
    look()
    expect(reception.heard()).toEqual(before)
    const awake = now()
    pass(1_000, 'sound', 'pings')
    expect(reception.heard()).toEqual({ heardSince: awake, heardAt: now() })
  })

  it('not where a busy page did not look for more than a second, though a message is read first', () => {
    const { reception, pass, sleep, look, now } = page('client', 'voice')
    pass(2_000, 'sound', 'pings')
    const since = reception.heard()?.heardSince
    sleep(1_400)
    reception.message(now(), true)
    look()
    pass(1_000, 'sound', 'pings')
    expect(reception.heard()).toEqual({ heardSince: since, heardAt: now() })
  })

  it('where the machine slept and its clock with it', () => {
    const { reception, pass, now } = page('client', 'voice')
    pass(2_000, 'sound', 'pings')
    reception.slept()
    const awake = now()
    pass(1_000, 'sound', 'pings')
    // The first sample is what the next is counted from.
    expect(reception.heard()).toEqual({ heardSince: awake + SAMPLE_MS, heardAt: now() })
  })

  it('nor does a word that waited, to a reader', () => {
    const { reception, pass, sleep, now } = page('reader', 'chat')
    pass(3_000, 'pings')
    const before = reception.heard()
    sleep(20_000)
    reception.message(now(), true)
    expect(reception.heard()).toEqual(before)
  })

  it('between two connections: counters that start again are no packets', () => {
    const { reception, now } = page('client', 'voice')
    reception.sample(now() + 250, { audio: 12, video: 0, bytes: 0 })
    reception.restart()
    reception.sample(now() + 500, { audio: 500, video: 0, bytes: 0 })
    expect(reception.heard()?.heardAt).toBe(now() + 250)
    reception.sample(now() + 750, { audio: 3, video: 0, bytes: 0 })
    expect(reception.heard()?.heardAt).toBe(now() + 250)
    reception.sample(now() + 1_000, { audio: 15, video: 0, bytes: 0 })
    expect(reception.heard()).toEqual({ heardSince: now() + 760, heardAt: now() + 1_000 })
  })
})

describe('a stretch that has ended', () => {
  it('is kept until the server knows its end', () => {
    const { reception, pass, now } = page('client', 'voice')
    pass(2_000, 'sound')
    const first = reception.heard()
    pass(1_250)
    expect(reception.ended()).toEqual([])
    pass(500, 'sound')
    expect(reception.ended()).toEqual([first])
    pass(1_250)
    pass(500, 'sound')
    expect(reception.ended()).toHaveLength(2)
    reception.taken(first?.heardAt ?? 0)
    expect(reception.ended()).toHaveLength(1)
    reception.taken(now())
    expect(reception.ended()).toEqual([])
  })

  it('is not kept where the server knew it before the next began', () => {
    const { reception, pass, now } = page('client', 'voice')
    pass(2_000, 'sound')
    reception.taken(now())
    pass(1_250)
    pass(500, 'sound')
    expect(reception.ended()).toEqual([])
  })
})

describe('the next packet is awaited', () => {
  it('once nothing has come for half a second where media used to come, until something does', () => {
    const { reception, pass, now } = page('client', 'voice')
    pass(2_000, 'sound', 'pings')
    pass(500)
    expect(reception.isAwaiting(now())).toBe(false)
    expect(reception.isAwaiting(now() + 1)).toBe(true)
    pass(10_000)
    expect(reception.isAwaiting(now())).toBe(true)
    pass(80, 'sound')
    expect(reception.isAwaiting(now())).toBe(false)
  })

  it('still for a while when a message is the first to come again', () => {
    const { reception, pass, partOf, now } = page('client', 'voice')
    pass(2_000, 'sound', 'pings')
    pass(2_500)
    reception.message(now(), true)
    expect(reception.isAwaiting(now())).toBe(true)
    partOf(240, 240)
    expect(reception.heard()).toEqual({ heardSince: now(), heardAt: now() })
    pass(2_500)
    reception.message(now(), true)
    pass(2_000, 'pings')
    expect(reception.isAwaiting(now())).toBe(false)
  })

  it('not of a page that pings and sends nothing else, though its pings are a second apart', () => {
    const { reception, pass, now } = page('reader', 'voice')
    pass(2_000, 'sound', 'pings')
    pass(5_000, 'pings')
    expect(reception.isAwaiting(now() + 900)).toBe(false)
  })

  it('nor before any media has come, nor in chat', () => {
    const called = page('client', 'voice')
    called.pass(5_000, 'pings')
    expect(called.reception.isAwaiting(called.now() + 900)).toBe(false)
    const written = page('client', 'chat')
    written.pass(5_000, 'pings')
    expect(written.reception.isAwaiting(written.now() + 900)).toBe(false)
  })

  it('by a new connection, too', () => {
    const { reception, pass, now } = page('client', 'voice')
    pass(2_000, 'sound')
    pass(2_000)
    reception.restart()
    expect(reception.isAwaiting(now())).toBe(true)
  })
})

describe('doubt', () => {
  it('comes one and a half seconds after the last sign of any kind, and goes with the next', () => {
    const { reception, pass, now } = page('client', 'voice')
    pass(2_000, 'sound', 'pings')
    pass(1_500)
    expect(reception.isSilent(now())).toBe(false)
    pass(1)
    expect(reception.isSilent(now())).toBe(true)
    pass(250, 'sound')
    expect(reception.isSilent(now())).toBe(false)
  })

  it('is none of a program that never pings', () => {
    const { reception, pass, now } = page('client', 'video')
    reception.message(now(), false)
    pass(2_000, 'picture')
    pass(10_000)
    expect(reception.isSilent(now())).toBe(false)
  })
})

it('counts what came in by sound and picture, over all its streams, and in bytes, over all its paths', () => {
  const report = new Map(
    [
      { id: '1', type: 'inbound-rtp', kind: 'audio', packetsReceived: 7 },
      { id: '2', type: 'inbound-rtp', kind: 'video', packetsReceived: 5 },
      { id: '3', type: 'inbound-rtp', kind: 'video', packetsReceived: 2 },
      { id: '4', type: 'outbound-rtp', kind: 'audio', packetsSent: 90 },
      { id: '5', type: 'inbound-rtp', kind: 'audio' },
      { id: '6', type: 'candidate-pair', bytesReceived: 900 },
      { id: '7', type: 'candidate-pair', bytesReceived: 100 },
    ].map((entry) => [entry.id, entry]),
  )
  expect(packetsIn(report as unknown as RTCStatsReport)).toEqual({ audio: 7, video: 7, bytes: 1_000 })
})
