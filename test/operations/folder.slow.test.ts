/** Tests a data folder that this user may write to and does not own: a group's volume, a share. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, it } from 'vitest'
import { removeFolder } from '../support/folders.ts'

const OTHER = 65_534 // the user `nobody`, on every Linux
const isRoot = process.getuid?.() === 0

const folder = mkdtempSync(join(tmpdir(), 'soulseer-shared-'))
let server: ChildProcess | undefined
afterAll(async () => {
  server?.kill('SIGKILL')
  await removeFolder(folder)
})

it.skipIf(!isRoot)('the server starts, and says who has to close the folder', async () => {
  chownSync(folder, 0, OTHER)
  chmodSync(folder, 0o2775)
  server = spawn(process.execPath, [resolve('dist/server.js')], {
    cwd: tmpdir(),
    uid: OTHER,
    gid: OTHER,
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      HOST: '127.0.0.1',
      DATA_DIR: folder,
      BCRYPT_COST: '4',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  for await (const line of createInterface({ input: server.stdout as NonNullable<ChildProcess['stdout']> })) {
    said.push(line)
    if (line.includes('is ready at')) break
  }
  expect(said).toContainEqual(expect.stringContaining(`${folder} belongs to another user`))
  expect(said).toContainEqual(expect.stringContaining('is ready at'))
})
