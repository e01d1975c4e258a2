/** Tests that only one process opens a folder. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { holdFolder } from '../../../adapters/store/disk/lock.ts'

const IN_USE = /Another process is using the data folder/

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'soulseer-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/**
 * Writes the lock as a process in another container leaves it, while it lives or after it was
 * killed.
 */
async function otherHolder(): Promise<{ die(): Promise<void> }> {
  const server = createServer((socket) => socket.destroy())
  const own = join(folder, 'other')
  server.listen({ path: own })
  await once(server, 'listening')
  linkSync(own, join(folder, 'lock.sock'))
  return {
    async die() {
      server.close()
      await once(server, 'close')
    },
  }
}

describe('the lock of a folder', () => {
  it('is held by one at a time, and leaves nothing behind', async () => {
    const letGo = await holdFolder(folder)
    await expect(holdFolder(folder, 0)).rejects.toThrow(IN_USE)
    await letGo()
    await (await holdFolder(folder))()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is seen where the kernel’s names are others, and what a dead process left is not', async () => {
    const other = await otherHolder()
    await expect(holdFolder(folder, 0)).rejects.toThrow(IN_USE)
    await other.die()
    await (await holdFolder(folder))()
  })

  it('waits a moment for a process that holds it only for a moment', async () => {
    const letGo = await holdFolder(folder)
    setTimeout(() => void letGo(), 300)
    await (await holdFolder(folder, 60_000))()
  })

  it('takes a folder whose path is longer than the kernel lets a socket’s be', async () => {
    const deep = join(folder, 'a'.repeat(100), 'b'.repeat(100))
    mkdirSync(deep, { recursive: true })
    const letGo = await holdFolder(deep)
    expect(readdirSync(deep)).toEqual(['lock.sock'])
    await letGo()
  })

  it.skipIf(!canUnshare())('holds between two network namespaces, and after kill -9', async () => {
    const holder = startHolder()
    expect(await holder.says()).toBe('held')
    await expect(holdFolder(folder, 0)).rejects.toThrow(IN_USE)
    holder.child.kill('SIGKILL')
    await once(holder.child, 'exit')
    await (await holdFolder(folder))()
  })
})

function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Starts a process with a network of its own that holds the folder until it is killed. */
function startHolder() {
  const work = `
    const { holdFolder } = await import(${JSON.stringify(resolve('dist/adapters/store/disk/lock.js'))})
    await holdFolder(${JSON.stringify(folder)})
    console.log('held')
    setInterval(() => {}, 1_000)`
  const args = ['--net', process.execPath, '--input-type=module', '-e', work]
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  return { child, says: async () => String((await once(lines, 'line'))[0]) }
}
