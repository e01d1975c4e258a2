/** Tests the refusal of folders that cannot hold data. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { nodeDisk, prepareFolder, UnfitFolder } from '../../../adapters/store/disk/disk.ts'

const folder = mkdtempSync(join(tmpdir(), 'soulseer-folder-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const reason = (dir: string): string => {
  try {
    return prepareFolder(dir) ?? 'fit'
  } catch (error) {
    if (error instanceof UnfitFolder) return error.message
    throw error
  }
}

it('a folder that is missing is made, and is ours', () => {
  expect(reason(join(folder, 'deep', 'data'))).toBe('fit')
})

it('a path that is no folder is reported by its name, with what to do', () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const sentence = /^DATA_DIR: .* is not a folder\. Name a folder, or move the file away\.$/
  expect(reason(file)).toMatch(sentence)
  expect(reason(join(file, 'data'))).toMatch(sentence)
})

it('a folder that is not writable is reported', () => {
  expect(reason('/sys/soulseer')).toMatch(/^DATA_DIR: .* (cannot be written to|can only be read)/)
})

it('a file that is closed twice does not close the next one, which the system gave its number', async () => {
  const disk = nodeDisk(join(folder, 'twice'))
  const one = await disk.open('one', 'create')
  await one.close()
  const two = await disk.open('two', 'create')
  await one.close()
  expect(await two.size()).toBe(0)
  await two.close()
})
