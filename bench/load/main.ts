/** Drives the server and its peers, each in a process of its own, and prints what it measured. */
import { writeFile } from 'node:fs/promises'
import { measureHouse } from './house.ts'
import { readOptions } from './options.ts'
import { measurePeer } from './peers.ts'
import { type Figures, report } from './report.ts'

const options = readOptions(process.argv.slice(2))
const startedAt = performance.now()
const note = (text: string) =>
  console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${text}`)

const house = await measureHouse(options, note)
const peers: Figures['peers'] = {}
for (const peer of options.peerSockets > 0 ? (['socketio', 'ws'] as const) : []) {
  note(`the same relays on ${peer}`)
  peers[peer] = await measurePeer(peer, options)
}
const figures: Figures = { ...house, peers }
console.log(report(figures))
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(figures, undefined, 2)}\n`)
process.exit(figures.troubles.length > 0 || figures.together.lost > 0 ? 1 : 0)
