/**
 * The built server over a disk that is really full: a small one in memory, mounted where only the
 * server and its holder see it. Needs user namespaces; where there are none, the disks of
 * test/adapters/store/store-reserve.test.ts have to do.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs, { mkdtempSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, it } from 'vitest'
import { BALLAST_BYTES } from '../../adapters/store/disk/ballast.ts'
import type { SessionView } from '../../shared/protocol/session.ts'
import { type People, peopleAt } from '../support/people.ts'
import { freePorts } from '../support/ports.ts'
import { liveTalk } from '../support/talk.ts'

const DISK = 'size=24m'
const mayMount =
  spawnSync('unshare', ['-rm', 'sh', '-c', `mount -t tmpfs -o ${DISK} tmpfs /mnt && nsenter --version`])
    .status === 0

const children: ChildProcess[] = []
let people: People | undefined
let folder: string | undefined

afterEach(async () => {
  people?.leave()
  for (const child of children.splice(0).reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

const start = (command: string, args: string[], env: Record<string, string> = {}): ChildProcess => {
  const child = spawn(command, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  return child
}

const lineOf = (child: ChildProcess, pattern: RegExp): Promise<string> =>
  new Promise((done, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it said ${pattern}`)))
    if (child.stdout) {
      createInterface(child.stdout).on('line', (line) => {
        const found = pattern.exec(line)
        if (found) done(found[1] ?? '')
      })
    }
  })

/**
 * Starts a process that holds a small disk at `folder`; returns the path by which it is seen from
 * outside.
 */
async function mountDisk(at: string): Promise<{ pid: string; seen: string }> {
  const script = `mount -t tmpfs -o ${DISK} tmpfs "$0" && echo mounted $$ && exec sleep 600`
  const holder = start('unshare', ['-rm', 'sh', '-c', script, at])
  await lineOf(holder, /^(mounted)/)
  return { pid: String(holder.pid), seen: `/proc/${holder.pid}/root${at}` }
}

async function serve(pid: string, at: string, port: string) {
  const args = ['-t', pid, '-U', '-m', '--preserve-credentials', process.execPath, resolve('dist/server.js')]
  const child = start('nsenter', args, {
    PORT: port,
    HOST: '127.0.0.1',
    DATA_DIR: join(at, 'data'),
    RATE_LIMITS: 'off',
    BCRYPT_COST: '4',
    MIN_FREE_DISK_MB: '0',
  })
  const log: string[] = []
  if (child.stderr) createInterface(child.stderr).on('line', (line) => log.push(line))
  return { child, log, origin: await lineOf(child, /ready at (\S+),/) }
}

/** Takes every byte that is left. */
function fill(seen: string): void {
  const fd = fs.openSync(join(seen, `filler-${Date.now()}`), 'w')
  try {
    for (const bytes of [1 << 20, 4096, 1]) {
      const piece = Buffer.alloc(bytes)
      try {
        for (;;) writeSync(fd, piece)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    }
  } finally {
    fs.closeSync(fd)
  }
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 50))
}

it.skipIf(!mayMount)(
  'on a full disk what runs goes on and ends, a start serves what it has, and room brings everything back',
  async () => {
    folder = mkdtempSync(join(tmpdir(), 'soulseer-full-'))
    const at = join(folder, 'disk')
    fs.mkdirSync(at)
    const { pid, seen } = await mountDisk(at)
    const [port] = await freePorts('127.0.0.1', 1)
    const first = await serve(pid, at, String(port))
    people = peopleAt(first.origin)
    const client = await people.client('Ana', 5_000)
    const reader = await people.reader('Mara', 250)
    const talk = await liveTalk(people, client, reader)
    const ballast = join(seen, 'data', 'ballast')
    await until(() => statSync(ballast, { throwIfNoEntry: false })?.size === BALLAST_BYTES)
    expect(statSync(ballast).mode & 0o777).toBe(0o600)

    fill(seen)
    const write = (n: number) => reader.send('PATCH', '/me', { bio: `${n}`.padEnd(300, 'x') })
    let refused = 0
    for (let n = 0; n < 2_000 && refused === 0; n += 1) {
      const { status } = await write(n)
      if (status !== 200) refused = status
    }
    expect(refused).toBe(503)
    expect(fs.existsSync(ballast)).toBe(false)
    expect(first.log.join('\n')).toContain('the ballast is removed')
    const origin = first.origin
    const health = async () => (await fetch(`${origin}/healthz`)).json()
    expect(await health()).toEqual({ status: 'ok', disk: 'low' })

    people.leave()
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    fill(seen)
    await serve(pid, at, String(port))
    const path = `/session/${talk.session.id}`
    const { body } = await client.send<{ session: SessionView }>('GET', path)
    expect(body.session.status).toBe('paused')
    const ended = await client.send<{ session: SessionView }>('POST', `${path}/end`)
    expect(ended.body.session.status).toBe('ended')

    for (const name of fs.readdirSync(seen)) if (name.startsWith('filler')) fs.rmSync(join(seen, name))
    await until(() => fs.existsSync(ballast))
    await until(async () => (await write(1)).status === 200)
    expect(await health()).toEqual({ status: 'ok' })
  },
)
