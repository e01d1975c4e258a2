/** Tests the socket for the operator's commands. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askAtAdminDoor, openAdminDoor } from '../../../adapters/system/admin-socket.ts'
import { Refusal } from '../../../domain/errors.ts'
import { silentLog } from '../../support/world.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'soulseer-door-'))
const lines: object[] = []
let close: () => Promise<void>

beforeAll(async () => {
  const log = { ...silentLog, info: (fields: object) => void lines.push(fields) }
  const run = async (wanted: unknown) => {
    if (JSON.stringify(wanted).includes('refund')) throw new Refusal('invalid_input', 'Not so.')
    return 'done'
  }
  close = await openAdminDoor({ dataDir, log, run })
})
afterAll(async () => {
  await close()
  rmSync(dataDir, { recursive: true })
})

it.each([
  ['ban', true],
  ['refund', false],
])(
  'leaves a line for %s in the security log: what, by whom, whether it was done, and no address',
  async (command, done) => {
    lines.length = 0
    const words = { words: [command, 'ana@example.com'], warrant: { by: 'Olu', why: 'she asked' } }
    expect(await askAtAdminDoor(dataDir, words)).toMatchObject({ ok: done })
    expect(lines).toEqual([{ command, by: 'Olu', done, security: 'operator' }])
  },
)
