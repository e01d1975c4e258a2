/**
 * Cuts what a plan says between the two machines of the lab, by rules that drop packets on their
 * network cards.
 */
import { CARD, type Lab, type Machine } from '../lab.ts'
import type { Cut, Person } from './plan.ts'

/**
 * Prepares both machines. Packets are dropped before they reach the machine's own network code, or
 * after they left it, so that no program notices. Signalling is TCP to the port of our server;
 * everything else is media, directly or through the relay.
 */
export async function createCutter(lab: Lab, serverPort: number) {
  const machines: readonly (readonly [Person, Machine])[] = [
    ['client', lab.client],
    ['reader', lab.reader],
  ]
  const load = (commandsFor: (person: Person) => string) =>
    Promise.all(machines.map(([person, machine]) => machine.filter(commandsFor(person))))
  await load(() => TABLE)
  return {
    /** Makes this cut on both machines, in the place of any other. */
    cut: (cut: Cut) => load((person) => CLEAN + rulesFor(person, cut, serverPort)),
    /** Lets everything through again; returns how many packets were dropped since the cut. */
    mend: async (): Promise<number> => {
      const printed = await load(() => `list table netdev cuts\n${CLEAN}`)
      return [...printed.join().matchAll(/counter packets (\d+)/g)].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      )
    },
  }
}

const TABLE = `table netdev cuts {
  chain ingress { type filter hook ingress device ${CARD} priority 0; policy accept; }
  chain egress { type filter hook egress device ${CARD} priority 0; policy accept; }
}
`
const CLEAN = `flush chain netdev cuts ingress
flush chain netdev cuts egress
`

function rulesFor(person: Person, { media, signalling, deaf }: Cut, serverPort: number): string {
  const rules: string[] = []
  const drop = (way: 'ingress' | 'egress', what: string) =>
    rules.push(`add rule netdev cuts ${way} ${what} counter drop`)
  for (const [way, port] of [
    ['ingress', 'sport'],
    ['egress', 'dport'],
  ] as const) {
    if (media.includes(person) || (way === 'ingress' && deaf.includes(person))) {
      drop(way, 'ip protocol udp')
      drop(way, `tcp ${port} != ${serverPort}`)
    }
    if (signalling.includes(person)) drop(way, `tcp ${port} ${serverPort}`)
  }
  return `${rules.join('\n')}\n`
}
