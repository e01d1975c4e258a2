/** Where a request comes from, as far as the proxies in front of us can be believed. */
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'

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
const GROUPS_IN_A_HOUSEHOLD = 4 // a provider hands out an IPv6 /64 as it hands out one IPv4 address

/** The household that an address belongs to: an IPv4 address as it is, an IPv6 address without its lower half. */
export function householdOf(address: string): string {
  const plain = IPV4_IN_IPV6.exec(address)?.[1] ?? address.split('%')[0] ?? address
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array<string>(zeros).fill('0'), ...back]
  return groups
    .slice(0, GROUPS_IN_A_HOUSEHOLD)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
