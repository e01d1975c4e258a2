/** Groups the addresses that requests come from by who could hold them. */
import ipaddr from 'ipaddr.js'
import { networksAround } from '../domain/networks.ts'

/** Checks whether the proxy `hop` hops before us is trusted to name the hop before it. */
export type TrustsHop = (address: string, hop: number) => boolean

const UNREADABLE = 'unreadable' // all such addresses together count as one subnet
const PARTS_OF_A_SUBNET = 4 // a provider hands out an IPv6 /64 as it hands out one IPv4 address

/**
 * Returns the subnet that one client is taken to hold: an IPv4 address as it is, an IPv6 address
 * without its lower half. The text is a new one, because V8 keeps a whole header for as long as a
 * part of it is kept.
 */
export function clientSubnet(address = ''): string {
  if (!ipaddr.isValid(address)) return UNREADABLE
  const read = ipaddr.process(address) // which takes IPv4 out of IPv6
  if (read instanceof ipaddr.IPv4) return read.toString()
  return read.parts
    .slice(0, PARTS_OF_A_SUBNET)
    .map((part) => part.toString(16))
    .join(':')
}

/**
 * Returns the networks that an address is in, the narrowest first: the client's subnet and what is
 * around it.
 */
export function networksOf(address: string | undefined): readonly string[] {
  return networksAround(clientSubnet(address))
}
