/** Prints the figures. */
import type { Comparison } from './compare.ts'
import type { Spread } from './figures.ts'
import type { HouseFigures } from './house.ts'
import type { Peer } from './peers.ts'

export interface Figures extends HouseFigures {
  readonly peers: Partial<Record<Peer, Comparison>>
}

export function report({ together, comparison, peers, troubles }: Figures): string {
  return [
    '',
    `All together: ${together.sessions} live sessions, ${together.sockets} sockets, ${together.heartbeatsPerSecond} heartbeats/s`,
    `  charges      ${together.chargesDue} due, ${together.lost} announcements lost, ${together.repeated} repeated`,
    `  lateness     ${spread(together.latenessMs)}`,
    `  relays       ${together.relayed.sent} sent, ${together.relayed.arrived} arrived, ${together.relayed.acknowledged} acknowledged`,
    `  latency      ${spread(together.relayed.latencyMs)}`,
    `  CPU          ${(100 * together.cpuShare).toFixed(0)} % of a core, ${(100 * together.cpuShareWithoutRelays).toFixed(0)} % without relays, ${together.relayed.cpuMicrosPerMessage.toFixed(1)} µs a message`,
    `  stalls       loop p99 ${together.stalls.loopP99Ms.toFixed(0)} ms, max ${together.stalls.loopMaxMs.toFixed(0)} ms; collections max ${together.stalls.gcMaxMs.toFixed(0)} ms, ${together.stalls.gcTotalMs.toFixed(0)} ms in all; the generator's own loop p99 ${together.generatorLoop.p99Ms.toFixed(0)} ms, max ${together.generatorLoop.maxMs.toFixed(0)} ms`,
    `  snapshots    users.json replaced ${together.snapshots} times`,
    `  memory       ${together.rssMb.toFixed(0)} MB in all`,
    ...(comparison ? comparisonTable(comparison, peers) : []),
    ...troubles.map((trouble) => `TROUBLE: ${trouble}`),
  ].join('\n')
}

const spread = ({ p50, p99, max, count }: Spread): string =>
  `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, max ${max.toFixed(2)} ms (${count})`

const COLUMNS: readonly (readonly [string, (one: Comparison) => number])[] = [
  ['p50 ms', (one) => one.paced.latencyMs.p50],
  ['p99 ms', (one) => one.paced.latencyMs.p99],
  ['µs CPU/msg paced', (one) => one.paced.cpuMicrosPerMessage],
  ['saturated msg/s', (one) => one.saturated.perSecond],
  ['µs CPU/msg saturated', (one) => one.saturated.cpuMicrosPerMessage],
  ['RSS KB/socket', (one) => one.rssKbPerSocket],
  ['heap KB/socket', (one) => one.heapKbPerSocket],
]

function comparisonTable(own: Comparison, peers: Figures['peers']): string[] {
  const rows = { soulseer: own, ...peers }
  const line = (name: string, cells: readonly string[]) =>
    `  ${name.padEnd(24)}${cells.map((cell) => cell.padStart(22)).join('')}`
  const heads = COLUMNS.map(([head]) => head)
  const values = Object.entries(rows).map(([name, one]) =>
    line(
      name,
      COLUMNS.map(([, read]) => read(one).toFixed(2)),
    ),
  )
  const ratios = Object.entries(peers).map(([name, peer]) =>
    line(
      `soulseer over ${name}`,
      COLUMNS.map(([, read]) => `${(read(own) / read(peer)).toFixed(2)}x`),
    ),
  )
  return ['', `The relay alone on ${own.sockets} sockets:`, line('', heads), ...values, ...ratios]
}
