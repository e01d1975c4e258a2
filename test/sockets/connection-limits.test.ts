/** Tests the limits on sockets by account and address. */
import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'socket.io'
import { describe, expect, it } from 'vitest'
import { createRateLimiter, LIMITS, SOCKETS } from '../../http/rate-limiter.ts'
import { createConnectionLimits } from '../../sockets/connection-limits.ts'
import { fakeClock } from '../support/fake-clock.ts'

const createCaps = () => {
  const clock = fakeClock()
  const rateLimiter = createRateLimiter({ clock, strictness: 'production' })
  const connectionLimits = createConnectionLimits({
    rateLimiter,
    trustsHop: (_address, hop) => hop < 1,
    isSeated: () => false,
  })
  const comesFrom = (address: string) =>
    ({ headers: { 'x-forwarded-for': address }, socket: {} }) as unknown as IncomingMessage

  /** Opens a socket that stays open until `close`; undefined when it may not. */
  const open = (address: string, account?: string): { close(): void } | undefined => {
    const request = comesFrom(address)
    if (!connectionLimits.mayOpen(request, account)) return undefined
    const raw = Object.assign(new EventEmitter(), { request })
    connectionLimits.count(raw)
    return { close: () => void raw.emit('close') }
  }
  /** Opens without a login until there is no more, waiting out the limit on new ones. */
  const openMany = async (address: string, times: number): Promise<number> => {
    let opened = 0
    for (let n = 0; n < times; n += 1) {
      if (open(address)) opened += 1
      await clock.leap(LIMITS.handshake.everyMs)
    }
    return opened
  }
  return { clock, open, openMany }
}

describe('sockets of one address', () => {
  it('count by account for logged-in clients: forty people open theirs in one minute', () => {
    const { open } = createCaps()
    const sockets = Array.from({ length: 40 }, (_, n) => open('100.64.9.9', `person ${n}`))
    expect(sockets.filter((socket) => socket === undefined)).toEqual([])
  })

  it('are twenty new ones a minute without a login, which takes none from those who are logged in', () => {
    const { open } = createCaps()
    const opened = Array.from({ length: 25 }, () => open('100.64.9.9')?.close())
    expect(opened).toHaveLength(25)
    expect(open('100.64.9.9')).toBeUndefined()
    expect(open('100.64.9.9', 'ana')).toBeDefined()
  })

  it('are twenty new ones a minute of one account, from wherever', () => {
    const { open } = createCaps()
    for (let n = 0; n < LIMITS.handshakeSignedIn.burst; n += 1) {
      expect(open(`198.51.100.${n}`, 'ana')).toBeDefined()
    }
    expect(open('198.51.100.200', 'ana')).toBeUndefined()
    expect(open('198.51.100.200', 'bo')).toBeDefined()
  })

  it('are thirty at once without a login', async () => {
    const { open, openMany } = createCaps()
    expect(await openMany('100.64.9.9', 40)).toBe(SOCKETS.perSubnet)
    expect(open('100.64.9.9', 'ana')).toBeDefined()
  })

  it('are five hundred at once in all, and a closed one makes room', () => {
    const { open } = createCaps()
    const sockets = Array.from({ length: SOCKETS.perSubnetInAll }, (_, n) =>
      open('100.64.9.9', `person ${n}`),
    )
    expect(sockets.every((socket) => socket !== undefined)).toBe(true)
    expect(open('100.64.9.9', 'one more')).toBeUndefined()
    expect(open('100.64.9.8', 'one more')).toBeDefined()
    sockets[0]?.close()
    expect(open('100.64.9.9', 'one more')).toBeDefined()
  })

  it('are twice as many for an IPv6 /56, and eight times for a /48, whatever the addresses', async () => {
    const { openMany } = createCaps()
    const openIn = async (prefixes: string[]) => {
      let opened = 0
      for (const prefix of prefixes) opened += await openMany(`${prefix}::1`, SOCKETS.perSubnet)
      return opened
    }
    expect(await openIn(['2001:db8:0:100', '2001:db8:0:101', '2001:db8:0:102'])).toBe(2 * SOCKETS.perSubnet)
    const others = Array.from({ length: 12 }, (_, n) => `2001:db8:0:${(0x200 + n * 0x100).toString(16)}`)
    expect(await openIn(others)).toBe(6 * SOCKETS.perSubnet)
  })
})

it('one page too many sets the oldest aside, and never the page of a session', () => {
  const rateLimiter = createRateLimiter({ clock: fakeClock(), strictness: 'production' })
  const told: string[] = []
  const page = (name: string) =>
    Object.assign(new EventEmitter(), {
      name,
      emit: (event: string) => told.push(`${name} ${event}`) > 0,
      disconnect: () => told.push(`${name} is cut`),
    })
  const pages = Array.from({ length: SOCKETS.perAccount + 2 }, (_, n) => page(`page ${n}`))
  const isSeated = (socket: unknown) => socket === pages[0]
  const connectionLimits = createConnectionLimits({
    rateLimiter,
    trustsHop: (_address, hop) => hop < 1,
    isSeated,
  })
  for (const socket of pages.slice(0, -1)) connectionLimits.admit(socket as unknown as Socket, 'ana')
  expect(told).toEqual(['page 1 page:set-aside', 'page 1 is cut'])
})
