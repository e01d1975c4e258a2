/** Tests the addresses of STUN and TURN servers. */
import { describe, expect, it } from 'vitest'
import { waysOf } from '../../../adapters/turn/addresses.ts'

const ways = (url: string) =>
  waysOf(url).map(({ service, transport, host, port }) => `${service} ${transport} ${host} ${port}`)

describe('an address of a server', () => {
  it.each([
    ['turn:turn.example.com', ['turn udp turn.example.com 3478', 'turn tcp turn.example.com 3478']],
    ['turn:turn.example.com:80?transport=tcp', ['turn tcp turn.example.com 80']],
    ['turn:192.0.2.7:3478?transport=udp', ['turn udp 192.0.2.7 3478']],
    ['turns:turn.example.com', ['turn tls turn.example.com 5349']],
    ['turns:turn.example.com:443?transport=tcp', ['turn tls turn.example.com 443']],
    ['stun:turn.example.com', ['stun udp turn.example.com 3478']],
    ['stuns:turn.example.com', ['stun tls turn.example.com 5349']],
  ])('%s names the ways to it', (url, expected) => {
    expect(ways(url)).toEqual(expected)
  })

  it.each([
    'turn:',
    'turn:turn.example.com:',
    'turn:turn.example.com:0',
    'turn:turn.example.com:65536',
    'turn:turn.example.com?transport=tls',
    'turn:turn.example.com/path',
    'turn://turn.example.com',
    'turn:user@turn.example.com',
    'turns:turn.example.com?transport=udp',
    'stun:turn.example.com?transport=udp',
  ])('%s is none that browsers take', (url) => {
    expect(waysOf(url)).toEqual([])
  })
})
