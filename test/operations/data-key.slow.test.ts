/** Tests a change of the data key on the real process: refused, accepted, rewrapped, dropped. */
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startServer } from '../support/e2e/server.ts'
import { peopleAt } from '../support/people.ts'

const newKey = () => randomBytes(32).toString('base64')

/** Runs one of our programs over a folder; resolves with all that it printed, and its exit code. */
async function run(program: string, args: readonly string[], settings: Record<string, string>) {
  const env = { PATH: process.env.PATH, PORT: '0', ...settings }
  const running = promisify(execFile)(process.execPath, [resolve('dist', program), ...args], { env })
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      text: stdout + stderr,
    }),
  )
}

it('is changed without losing anyone, and the folder refuses a key that is not its own', async () => {
  const [old, fresh] = [newKey(), newKey()]
  const server = await startServer({ DATA_KEY: old })
  const DATA_DIR = join(server.dataDir, 'data')
  const people = peopleAt(server.origin)
  await people.client('Ana', 2_000)
  await server.end('SIGKILL')

  const refused = await run('server.js', [], { DATA_DIR, DATA_KEY: fresh })
  expect(refused.code).toBe(1)
  expect(refused.text).toMatch(
    /^SoulSeer cannot start:\nWhat is in .* was wrapped under the data key [0-9a-f]{12}/,
  )
  expect(refused.text).not.toContain(fresh)
  const unset = await run('server.js', [], { DATA_DIR })
  expect(unset).toMatchObject({ code: 1, text: expect.stringContaining('DATA_KEY is not set') })

  const rewrapped = await run('scripts/admin.js', ['rewrap'], { DATA_DIR, DATA_KEY: `${fresh},${old}` })
  expect(rewrapped).toMatchObject({
    code: 0,
    text: expect.stringContaining('1 key is wrapped under the first'),
  })
  expect((await run('server.js', [], { DATA_DIR, DATA_KEY: old })).code).toBe(1)
  expect((await run('scripts/books.js', [], { DATA_DIR })).code).toBe(0)

  const again = await startServer({ DATA_DIR, DATA_KEY: fresh })
  const body = { email: 'ana@example.com', password: 'correct horse' }
  const login = await peopleAt(again.origin).send('POST', '/login', body)
  expect(login.body).toMatchObject({ user: { name: 'Ana', balanceCents: 2_000 } })
  const meanwhile = execFileSync(process.execPath, [resolve('dist/scripts/admin.js'), 'rewrap'], {
    env: { PATH: process.env.PATH, DATA_DIR },
    encoding: 'utf8',
  })
  expect(meanwhile).toContain('1 key is wrapped under the first key of DATA_KEY alone')
  await again.stop()
  await server.stop()
})
