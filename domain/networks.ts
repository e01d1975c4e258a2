/**
 * Finds the networks around a client's subnet, so that a sender cannot escape limits by changing
 * addresses.
 */

/**
 * Factors by which the second and third of the networks around a subnet may do more than the first:
 * an IPv6 /56 and /48.
 */
export const WIDER = [1, 2, 8] as const

/**
 * Returns the subnet and the networks around it, narrowest first: none around an IPv4 address;
 * around an IPv6 /64, which one line or phone has, the /56 that a home may have and the /48 that a
 * company may have.
 */
export function networksAround(subnet: string): readonly string[] {
  const [first, second, third, fourth] = subnet.split(':')
  if (fourth === undefined) return [subnet]
  const site = `${first}:${second}:${third}`
  const home = (Number.parseInt(fourth, 16) & 0xff00).toString(16)
  return [subnet, `${site}:${home}/56`, `${site}/48`]
}
