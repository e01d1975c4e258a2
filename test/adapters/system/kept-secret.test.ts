/** Tests the secrets that a folder outside production keeps. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keptDataKey, keptSessionSecret } from '../../../adapters/system/kept-secret.ts'
import { OperatorError } from '../../../domain/errors.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'soulseer-kept-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('makes a data key once, for its owner alone', () => {
  const key = keptDataKey(folder)
  expect(key).toHaveLength(32)
  expect(keptDataKey(folder)).toEqual(key)
  expect(statSync(join(folder, 'data-key')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(folder, 'data-key'), 'utf8')).toBe(key.toString('base64'))
  expect(readdirSync(folder)).toEqual(['data-key'])
})

it('makes a session secret of its own', () => {
  expect(keptSessionSecret(folder)).toBe(keptSessionSecret(folder))
  expect(keptSessionSecret(folder)).not.toBe(keptDataKey(folder).toString('base64url'))
})

it('goes on after a start that was cut off in the middle of making it', () => {
  writeFileSync(join(folder, 'data-key.tmp'), 'half')
  expect(keptDataKey(folder)).toHaveLength(32)
})

it('refuses a damaged key by name, and never makes another in its place', () => {
  for (const damaged of ['', 'short']) {
    writeFileSync(join(folder, 'data-key'), damaged)
    expect(() => keptDataKey(folder)).toThrow(OperatorError)
    expect(() => keptDataKey(folder)).toThrow(/data-key does not hold 32 bytes/)
    expect(readFileSync(join(folder, 'data-key'), 'utf8')).toBe(damaged)
  }
})

it.skipIf(process.getuid?.() === 0)('reports a key that it may not read', () => {
  keptDataKey(folder)
  chmodSync(join(folder, 'data-key'), 0)
  expect(() => keptDataKey(folder)).toThrow('EACCES')
})

it('makes no data key for a folder that was used with another', () => {
  writeFileSync(join(folder, 'keys.json'), '[]')
  expect(() => keptDataKey(folder)).toThrow(/DATA_KEY is not set/)
  expect(readdirSync(folder)).toEqual(['keys.json'])
})
