/** Tests the mistakes that the operator's commands report. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const COMMANDS = ['books', 'admin', 'check-turn', 'backup', 'restore', 'seed']

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'soulseer-commands-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function run(command: string, ...words: string[]) {
  const script = resolve(command === 'seed' ? 'dist/dev/seed/seed.js' : `dist/scripts/${command}.js`)
  const env = { PATH: process.env.PATH, DATA_DIR: join(folder, 'data'), NODE_NO_WARNINGS: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** Checks for one sentence that a person can act on: no stack, nothing else. */
const expectSentence = (text: string) => {
  expect(text.trim()).not.toBe('')
  expect(text.trim().split('\n')).toHaveLength(1)
  expect(text).not.toMatch(/ at |node:|Error:/)
}

describe.each(COMMANDS)('npm run %s', (command) => {
  it.each(['--help', '-h'])('%s prints what it takes, and touches nothing', (help) => {
    const { status, stdout, stderr } = run(command, help)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`npm run ${command}`)
    expect(readdirSync(folder)).toEqual([])
  })

  it('an option that there is not, or a word too many, is one sentence', () => {
    for (const words of [['--nonsense'], ['a', 'b', 'c', 'd']]) {
      const { status, stdout, stderr } = run(command, ...words)
      expect([status, stdout]).toEqual([2, ''])
      expectSentence(stderr)
      expect(stderr).toContain('--help')
    }
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a folder that is not there', () => {
  it.each([
    ['books', []],
    ['admin', ['strays']],
    ['backup', []],
    ['restore', ['nowhere']],
  ] as const)('npm run %s says so, and makes none', (command, words) => {
    const { status, stderr } = run(command, ...words)
    expect(status).toBe(2)
    expectSentence(stderr)
    expect(readdirSync(folder)).toEqual([])
  })
})
