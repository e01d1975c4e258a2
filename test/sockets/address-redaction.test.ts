/** Tests the removal of addresses from signaling. */
import { describe, expect, it } from 'vitest'
import { withoutAddresses } from '../../sockets/address-redaction.ts'

const HOST =
  'candidate:1 1 udp 2122260223 192.168.1.7 51000 typ host generation 0 ufrag aB3d network-cost 999'
const MDNS = 'candidate:1 1 udp 2122260223 0b1c4d5e-aaaa-4bbb-8ccc-123456789abc.local 51000 typ host'
const TCP = 'candidate:2 1 tcp 1518280447 192.168.1.7 9 typ host tcptype active generation 0'
const SRFLX = 'candidate:3 1 udp 1686052607 203.0.113.9 51000 typ srflx raddr 192.168.1.7 rport 51000'
const PRFLX = 'candidate:4 1 udp 1685987071 203.0.113.9 51001 typ prflx raddr 192.168.1.7 rport 51000'
const RELAY =
  'candidate:5 1 udp 41885439 198.51.100.4 49160 typ relay raddr 0.0.0.0 rport 0 generation 0 ufrag aB3d'
const TELLING =
  'candidate:5 1 udp 41885439 198.51.100.4 49160 typ relay raddr 203.0.113.9 rport 51000 ufrag aB3d'
const TOLD = 'candidate:5 1 udp 41885439 198.51.100.4 49160 typ relay raddr 0.0.0.0 rport 9 ufrag aB3d'

const inTrickle = (candidate: string) => ({
  sessionId: 'a session',
  candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'aB3d' },
})
const trickle = (candidate: string) => withoutAddresses('ice-candidate', inTrickle(candidate))

describe('a candidate in a relay-only call', () => {
  it.each([
    ['of the machine', HOST],
    ['under a local name', MDNS],
    ['over TCP', TCP],
    ['as the internet sees it', SRFLX],
    ['as the other page sees it', PRFLX],
    ['in capitals', HOST.toUpperCase()],
    ['without a type', 'candidate:1 1 udp 1 192.168.1.7 51000'],
    ['with its type at another place', 'candidate:1 1 udp 1 192.168.1.7 51000 raddr 10.0.0.1 typ relay'],
    ['with two types', 'candidate:1 1 udp 1 192.168.1.7 51000 typ host typ relay'],
    ['with a gap between its words', RELAY.replace(' typ', '  typ')],
    ['with tabs between its words', RELAY.replaceAll(' ', '\t')],
    ['with a word too few', RELAY.replace(' ufrag aB3d', ' ufrag')],
    ['with a second one on a line of its own', `${RELAY}\r\na=${HOST}`],
    ['after a space', ` ${RELAY}`],
    ['that is none', '192.168.1.7'],
  ])('%s does not pass', (_, candidate) => {
    expect(trickle(candidate)).toBeUndefined()
  })

  it.each([
    ['of the relay', RELAY],
    ['of the relay, with the attribute’s name', `a=${RELAY}`],
    ['of the relay over TCP', RELAY.replace(' udp ', ' tcp ')],
    ['of the relay in IPv6', 'candidate:5 1 udp 1 2001:db8::4 49160 typ relay raddr :: rport 9'],
    ['that ends a round of gathering', ''],
  ])('%s passes as it is', (_, candidate) => {
    const payload = inTrickle(candidate)
    expect(withoutAddresses('ice-candidate', payload)).toBe(payload)
  })

  it('null, the end of all gathering, passes', () => {
    const end = { sessionId: 'a session', candidate: null }
    expect(withoutAddresses('ice-candidate', end)).toBe(end)
  })

  it.each([
    [TELLING, TOLD],
    [
      TELLING.replace('typ relay raddr', 'TYP RELAY RADDR').replace('rport', 'RPORT'),
      TOLD.replace('typ relay raddr', 'TYP RELAY RADDR').replace('rport', 'RPORT'),
    ],
    [TELLING.replace('203.0.113.9', '2001:db8::9'), TOLD.replace('0.0.0.0', '::')],
    [TELLING.replace('203.0.113.9', 'my-laptop.local'), TOLD],
    [`${TELLING} raddr 192.168.1.7`, `${TOLD} raddr 0.0.0.0`],
  ])('of the relay is passed on without its owner: %s', (candidate, told) => {
    expect(trickle(candidate)).toEqual(inTrickle(told))
  })
})

/** Returns a description as Chromium writes it once it has gathered. */
const sdpWith = (candidates: string[], { end = '\r\n', address = '0.0.0.0', origin = '127.0.0.1' } = {}) =>
  [
    'v=0',
    `o=- 4611731400430051336 2 IN IP4 ${origin}`,
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=audio 49160 UDP/TLS/RTP/SAVPF 111',
    `c=IN IP4 ${address}`,
    `a=rtcp:9 IN IP4 ${address}`,
    ...candidates.map((candidate) => `a=${candidate}`),
    'a=ice-ufrag:aB3d',
    'a=ice-options:trickle',
    'a=mid:0',
    'a=end-of-candidates',
    '',
  ].join(end)

const inOffer = (sdp: string) => ({ sessionId: 'a session', description: { type: 'offer', sdp } as const })
const relayed = (sdp: string) => withoutAddresses('offer', inOffer(sdp))?.description.sdp

describe('a description in a relay-only call', () => {
  it.each(['\r\n', '\n', '\r'])('loses every candidate but the relay’s, its lines ended by %j', (end) => {
    const sdp = sdpWith([HOST, MDNS, RELAY, SRFLX, TELLING, PRFLX, TCP], { end })
    expect(relayed(sdp)).toBe(sdpWith([RELAY, TOLD], { end }))
  })

  it('loses the addresses in its other lines', () => {
    const sdp = sdpWith([RELAY], { address: '203.0.113.9', origin: '192.168.1.7' })
    expect(relayed(sdp)).toBe(sdpWith([RELAY], { address: '0.0.0.0', origin: '0.0.0.0' }))
    expect(relayed('c=IN IP6 2001:db8::9\r\n')).toBe('c=IN IP6 ::\r\n')
    expect(relayed('c=IN  IP4  203.0.113.9/127\r\n')).not.toContain('203')
    expect(relayed('a=remote-candidates:1 192.168.1.7 51000\r\na=mid:0\r\n')).toBe('a=mid:0\r\n')
  })

  it.each([
    ['A=CANDIDATE', `${`a=${HOST}`.toUpperCase()}\r\n`],
    ['spaces before it', `  a=${HOST}\r\n`],
    ['no value', 'a=candidate\r\n'],
    ['no line end', `a=${HOST}`],
    ['a mixture of line ends', `a=${HOST}\r\r\n`],
  ])('a candidate with %s does not slip through', (_, sdp) => {
    expect(relayed(sdp)).not.toMatch(/candidate|192\.168/i)
  })

  it('is the very one when there is nothing to hide', () => {
    const plain = inOffer(sdpWith([RELAY]))
    expect(withoutAddresses('answer', plain)).toBe(plain)
    const odd = inOffer('\r\n\rnot an SDP\n\na=\n=\n')
    expect(withoutAddresses('offer', odd)).toBe(odd)
  })

  it('stays one that a browser would take: what a line says besides stays', () => {
    const lines = 'a=candidates-are-nice:1\r\na=fingerprint:sha-256 AA:BB\r\na=x-soulseer-answers:1 2\r\n'
    expect(relayed(lines)).toBe(lines)
  })
})

describe('texts made to be slow', () => {
  it.each([
    ['spaces', (length: number) => `a=candidate:${' '.repeat(length)}`],
    ['words', (length: number) => `a=candidate:1 1 udp 1 a 9 typ relay${' raddr'.repeat(length / 6)}`],
    ['line ends', (length: number) => '\r\n'.repeat(length / 2)],
    ['a half address', (length: number) => `c=${'IN '.repeat(length / 3)}`],
    ['a wide address', (length: number) => `c=IN${' '.repeat(length)}`],
    ['hyphens', (length: number) => `a=${'-'.repeat(length)}`],
    ['indents', (length: number) => ' '.repeat(length)],
  ])('%s: a megabyte is dealt with in one pass', (_, make) => {
    const text = make(1_000_000)
    // Twice, for a word may be shorter than the blank that takes its place.
    expect(relayed(text)?.length).toBeLessThanOrEqual(2 * text.length)
  })
})
