/** Tests the load bench with a small run. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import type { Figures } from '../../bench/load/report.ts'

const SMALL = {
  sessions: 20,
  users: 60,
  seconds: 3,
  relays: 200,
  'minute-ms': 1_000,
  'peer-sockets': 20,
  'compare-seconds': 1,
}

it('a small load run charges every minute, announces it to both, and loses no message', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'soulseer-bench-'))
  try {
    const json = join(folder, 'figures.json')
    const args = Object.entries(SMALL).flatMap(([name, value]) => [`--${name}`, String(value)])
    await promisify(execFile)(process.execPath, ['bench/load/run.js', ...args, '--json', json])
    const { together, comparison, peers, troubles }: Figures = JSON.parse(readFileSync(json, 'utf8'))
    expect(troubles).toEqual([])
    expect(together).toMatchObject({ sessions: 20, sockets: 40, lost: 0, repeated: 0 })
    expect(together.chargesDue).toBeGreaterThanOrEqual(20 * 3)
    expect(together.latenessMs.count).toBe(2 * together.chargesDue)
    expect(together.relayed).toMatchObject({ sent: 600, arrived: 600, acknowledged: 600 })
    for (const one of [comparison, peers.socketio, peers.ws]) {
      expect(one?.paced).toMatchObject({ sent: 200, arrived: 200, acknowledged: 200 })
      expect(one?.saturated.arrived).toBe(one?.saturated.sent)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
