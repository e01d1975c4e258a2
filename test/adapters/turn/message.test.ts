/** Tests the messages of STUN and TURN. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { takeMessages } from '../../../adapters/turn/connection.ts'
import {
  ATTRIBUTE,
  addressIn,
  decode,
  encode,
  encodeAddress,
  errorCodeOf,
  KIND,
  lengthOf,
  METHOD,
  type StunMessage,
} from '../../../adapters/turn/message.ts'

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')

const decoded = (message: Buffer): StunMessage => {
  const found = decode(message)
  if (!found) throw new Error('that is no message')
  return found
}

/** RFC 5769, sections 2.2 to 2.4. */
const IPV4_RESPONSE = bytes(`0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
  00200008 0001a147e112a643 00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96`)
const IPV6_RESPONSE = bytes(`01010048 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
  00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9 00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c`)
const LONG_TERM_REQUEST = bytes(`00010060 2112a442 78ad3433c6ad72c029da412e
  00060012 e3839ee38388e383aae38383e382afe382b90000 0015001c 662f2f3439396b393534643
  64f4c33346f4c39465354767936347341 0014000b 6578616d706c652e6f726700 00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666`)

describe('the test vectors of RFC 5769', () => {
  it('a request with a long-term login is encoded to the bit', () => {
    const request = encode({
      method: METHOD.binding,
      id: bytes('78ad3433c6ad72c029da412e'),
      proof: {
        username: 'マトリックス',
        credential: 'TheMatrIX',
        realm: Buffer.from('example.org'),
        nonce: Buffer.from('f//499k954d6OL34oL9FSTvy64sA'),
      },
    })
    expect(request.toString('hex')).toBe(LONG_TERM_REQUEST.toString('hex'))
  })

  it('and read back', () => {
    const { method, kind, id, attributes } = decoded(LONG_TERM_REQUEST)
    expect([method, kind, id.toString('hex')]).toEqual([
      METHOD.binding,
      KIND.request,
      '78ad3433c6ad72c029da412e',
    ])
    expect(attributes.get(ATTRIBUTE.username)?.toString()).toBe('マトリックス')
    expect(attributes.get(ATTRIBUTE.realm)?.toString()).toBe('example.org')
  })

  it.each([
    ['IPv4', IPV4_RESPONSE, '192.0.2.1'],
    ['IPv6', IPV6_RESPONSE, '2001:db8:1234:5678:11:2233:4455:6677'],
  ])('a response contains an %s address', (_, response, ip) => {
    const answer = decoded(response)
    expect([answer.method, answer.kind]).toEqual([METHOD.binding, KIND.success])
    expect(addressIn(answer, ATTRIBUTE.xorMappedAddress)).toEqual({ ip, port: 32_853 })
    expect(addressIn(answer, ATTRIBUTE.xorRelayedAddress)).toBeUndefined()
  })
})

describe('a message', () => {
  it('comes back as it was encoded, and its length is in its header', () => {
    const address = { ip: '203.0.113.5', port: 50_000 }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (value) => {
        const message = encode({
          method: METHOD.createPermission,
          attributes: [
            [ATTRIBUTE.nonce, Buffer.from(value)],
            [ATTRIBUTE.xorPeerAddress, encodeAddress(address)],
          ],
        })
        expect(lengthOf(message)).toBe(message.length)
        const back = decoded(message)
        expect(back.attributes.get(ATTRIBUTE.nonce)).toEqual(Buffer.from(value))
        expect(addressIn(back, ATTRIBUTE.xorPeerAddress)).toEqual(address)
      }),
    )
  })

  it('of a refusal contains its code', () => {
    const refusal = (value: string) =>
      decoded(
        encode({
          method: METHOD.allocate,
          kind: KIND.error,
          attributes: [[ATTRIBUTE.errorCode, bytes(value)]],
        }),
      )
    expect(errorCodeOf(refusal('00000401'))).toBe(401)
    expect(errorCodeOf(refusal('00000456'))).toBe(486)
    expect(errorCodeOf(refusal('0000'))).toBeUndefined()
    expect(errorCodeOf(decoded(IPV4_RESPONSE))).toBeUndefined()
  })

  it.each([
    ['cut off', IPV4_RESPONSE.subarray(0, -1)],
    ['longer than it says', Buffer.concat([IPV4_RESPONSE, Buffer.alloc(4)])],
    ['without the cookie', bytes('000100000000000000000000000000000000beef')],
    ['of another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['that is empty', Buffer.alloc(0)],
  ])('%s is none', (_, message) => {
    expect(decode(message)).toBeUndefined()
  })

  it('whose attribute claims more bytes than there are is read without failing', () => {
    const message = bytes('01010004 2112a442 b7e7a701bc34d686fa87dfae 0020ffff')
    expect(addressIn(decoded(message), ATTRIBUTE.xorMappedAddress)).toBeUndefined()
  })
})

describe('a stream', () => {
  it('is taken apart into its messages, wherever it is cut', () => {
    const messages = [IPV4_RESPONSE, encode({ method: METHOD.binding }), IPV6_RESPONSE]
    const stream = Buffer.concat(messages)
    for (let cut = 0; cut <= stream.length; cut += 1) {
      const taken: string[] = []
      const take = ({ id }: StunMessage) => void taken.push(id.toString('hex'))
      const rest = takeMessages(stream.subarray(0, cut), take)
      expect(takeMessages(Buffer.concat([rest, stream.subarray(cut)]), take)).toHaveLength(0)
      expect(taken).toEqual(messages.map((message) => decoded(message).id.toString('hex')))
    }
  })

  it('of another protocol is refused', () => {
    expect(() => takeMessages(Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian\r\n'), () => undefined)).toThrow(
      'NOT_STUN',
    )
  })
})
