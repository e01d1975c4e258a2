/** Where a request comes from, as far as the proxies in front of us can be believed. */
import type { IncomingMessage } from 'node:http'
import { isIPv4, isIPv6 } from 'node:net'
import { networksAround } from '../domain/networks.ts'

/**
 * The sender's network address: `proxies` hops are ours to believe, so that what a sender writes into the header itself
 * counts for nothing.
 */
export function addressOf(req: IncomingMessage, proxies: number): string {
  const header = req.headers['x-forwarded-for']
  const told = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').map((hop) => hop.trim())
  const hops = [req.socket.remoteAddress ?? '', ...told.filter((hop) => hop !== '').reverse()]
  return hops[Math.min(proxies, hops.length - 1)] ?? ''
}

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i
const UNREADABLE = 'unreadable' // all such addresses together count as one household
const GROUPS = 8
const GROUPS_IN_A_HOUSEHOLD = 4 // a provider hands out an IPv6 /64 as it hands out one IPv4 address

/**
 * The household that an address belongs to: an IPv4 address as it is, an IPv6 address without its lower half. The text is a
 * new one, because V8 keeps a whole header for as long as a part of it is kept.
 */
export function householdOf(address: string): string {
  const plain = IPV4_IN_IPV6.exec(address)?.[1] ?? address.split('%')[0] ?? address
  if (isIPv4(plain)) return plain.split('.').map(Number).join('.')
  if (!isIPv6(plain)) return UNREADABLE
  const [front = [], back = []] = plain.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const zeros = Array<string>(Math.max(0, GROUPS - front.length - back.length)).fill('0')
  return [...front, ...zeros, ...back]
    .slice(0, GROUPS_IN_A_HOUSEHOLD)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

/** The networks that an address is in, the narrowest first: its household and what is around it. */
export function networksOf(address: string): readonly string[] {
  return networksAround(householdOf(address))
}
