/** Tests the store in processes that are killed. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { audit } from '../../../adapters/store/audit.ts'
import { nodeDisk, readingDisk } from '../../../adapters/store/disk/disk.ts'
import { createRandom } from '../../simulation/random.ts'
import { bundled, type Child, startChild } from '../../support/children.ts'
import { sample, sampleSize, seedFor } from '../../support/sample.ts'
import { everything, openOn } from '../../support/store/store-parts.ts'
import { TEST_TABLES } from '../../support/store/toy-table.ts'

const KILLS = sampleSize(12, 300)
let script = ''

beforeAll(async () => {
  script = await bundled('store/kill-child.ts')
})

const newFolder = () => mkdtempSync(join(tmpdir(), 'soulseer-kill-'))

/**
 * Checks that every confirmed change is in the journal, once, and that the books hold to the cent.
 */
async function checkBooks(folder: string, answered: ReadonlySet<string>): Promise<void> {
  const booked = new Set<string>()
  const { problems } = await audit(readingDisk(folder), (leg) => booked.add(leg.key), TEST_TABLES)
  // The files may be behind after a crash and are then rewritten; the journal may not be wrong.
  expect(problems.filter((problem) => !problem.endsWith('the next start rewrites it'))).toEqual([])
  expect([...answered].filter((key) => !booked.has(key))).toEqual([])
}

/**
 * Checks, once the folder was opened and closed, that everyone who has joined is there by
 * name, from the journal alone too, and that of those who have left no file has the name.
 */
async function checkPeople(folder: string, told: ReadonlySet<string>): Promise<void> {
  const named = (verb: string) =>
    [...told].flatMap((line) => (line.startsWith(`${verb} `) ? line.slice(verb.length + 1) : []))
  await (await openOn(nodeDisk(folder))).store.close()
  // A process that was killed as it took the lock has left its socket, which cannot be read.
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => [name, readFileSync(join(folder, name))] as const)
  const left = named('left').filter((name) => files.some(([, bytes]) => bytes.includes(name)))
  expect(left).toEqual([])
  for (const [file] of files) {
    if (file !== 'sessions.json' && /\.(json|index)$/.test(file) && file !== 'keys.json')
      rmSync(join(folder, file))
  }
  const { store } = await openOn(nodeDisk(folder))
  const names = new Set(await store.read((view) => [...view.users()].map(({ name }) => name)))
  await store.close()
  expect(named('joined').filter((name) => !names.has(name))).toEqual([])
  expect(named('left').filter((name) => names.has(name))).toEqual([])
}

function noteAnswers(child: Child, answered: Set<string>): void {
  for (const line of child.lines)
    if (line.startsWith('answered ')) answered.add(line.slice('answered '.length))
}

describe('a process that is killed', () => {
  test(`${KILLS} times at any moment under load loses nothing that was confirmed`, async () => {
    const folder = newFolder()
    const answered = new Set<string>()
    const told = new Set<string>()
    const hasLeft = () => [...told].some((line) => line.startsWith('left '))
    let longestMs = 20
    // On a busy machine a short sample may end before enough was confirmed, or anyone has left: then
    // it goes on.
    const isEnough = () => hasLeft() && answered.size > KILLS
    for (let n = 0; n < KILLS || (!isEnough() && n < 10 * KILLS); n++) {
      const child = startChild(process.execPath, [script, folder, `run${n}`])
      const startedAt = performance.now()
      if (n % 4 !== 0) {
        await child.line('open')
        longestMs = Math.max(longestMs, performance.now() - startedAt)
      }
      // A quarter dies while starting; the moment itself is left to chance, what must hold is not.
      await setTimeout(Math.random() * (n % 4 === 0 ? longestMs : 40))
      child.process.kill('SIGKILL')
      await child.gone
      expect(child.lines.filter((line) => line.startsWith('fatal'))).toEqual([])
      noteAnswers(child, answered)
      for (const line of child.lines) told.add(line)
      if (n % 50 === 49) await checkBooks(folder, answered)
    }
    await checkBooks(folder, answered)
    expect(answered.size).toBeGreaterThan(KILLS)
    const { store } = await openOn(nodeDisk(folder))
    await everything(store)
    await store.close()
    expect((await audit(readingDisk(folder), undefined, TEST_TABLES)).problems).toEqual([])
    expect(hasLeft()).toBe(true)
    await checkPeople(folder, told)
  })
})

describe('one process a folder', () => {
  test('a second one is refused while the first lives, even if it sleeps, and let in at once when it is killed', async () => {
    const folder = newFolder()
    const first = startChild(process.execPath, [script, folder, 'first'])
    await first.line('open')
    for (const signal of ['SIGCONT', 'SIGSTOP'] as const) {
      first.process.kill(signal)
      const second = startChild(process.execPath, [script, folder, 'second', '1'])
      expect((await second.gone).code).not.toBe(0)
      expect(second.lines).toEqual([])
    }
    first.process.kill('SIGKILL')
    await first.gone
    const third = startChild(process.execPath, [script, folder, 'third', '1'])
    await third.gone
    expect(third.lines.at(-1)).toBe('closed')
  })

  test('of ten that start together one gets in', async () => {
    const folder = newFolder()
    const racers = Array.from({ length: 10 }, (_, n) =>
      startChild(process.execPath, [script, folder, `racer${n}`]),
    )
    const winner = await Promise.any(racers.map((racer) => racer.line('open').then(() => racer)))
    const losers = racers.filter((racer) => racer !== winner)
    await Promise.all(losers.map((loser) => loser.gone))
    expect(losers.flatMap((loser) => loser.lines)).toEqual([])
    winner.process.kill('SIGKILL')
    await winner.gone
  })
})

const strace = hasStrace()

function hasStrace(): boolean {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const CHANGES = '6'

/**
 * Starts the child under a tracer. Its one pool thread makes its calls in an order of its own, so
 * the K-th is the same one every time.
 */
function traced(folder: string, injection: string): Child {
  const args = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `inject=${injection}`,
    process.execPath,
    script,
    folder,
    'traced',
    CHANGES,
  ]
  return startChild('strace', args, { UV_THREADPOOL_SIZE: '1' })
}

describe.skipIf(!strace)('a process whose system call is struck', () => {
  test.each(['pwrite64', 'fdatasync', 'fsync', 'rename'])(
    'killed at each %s of a short life, it starts again with all that was confirmed',
    async (call) => {
      const random = createRandom(seedFor(call))
      for (let k = 1; ; k++) {
        if (!random.chance(sampleSize(0.1, 1))) continue
        const folder = newFolder()
        const child = traced(folder, `${call}:signal=KILL:when=${k}`)
        await child.gone
        const answered = new Set<string>()
        noteAnswers(child, answered)
        const again = startChild(process.execPath, [script, folder, 'again', '1'])
        await again.gone
        expect(again.lines.at(-1), `${call} ${k}`).toBe('closed')
        noteAnswers(again, answered)
        await checkBooks(folder, answered)
        await checkPeople(folder, new Set([...child.lines, ...again.lines]))
        if (child.lines.at(-1) !== 'closed') continue
        expect(k).toBeGreaterThan(3)
        return
      }
    },
  )

  test.each(['pwrite64', 'fdatasync', 'fsync'])(
    'after a %s that failed it confirms nothing more',
    async (call) => {
      let fatal = 0
      // The third of each is the journal's own; of the others some write what may be missing.
      for (const k of [3, ...sample([5, 8, 12, 16], 2, call)]) {
        const folder = newFolder()
        const child = traced(folder, `${call}:error=EIO:when=${k}`)
        const { code } = await child.gone
        const answered = new Set<string>()
        noteAnswers(child, answered)
        await checkBooks(folder, answered)
        if (code === 70) {
          fatal++
          expect(child.lines.at(-1)).toMatch(/^fatal/)
        }
      }
      expect(fatal).toBeGreaterThan(0)
    },
  )
})
