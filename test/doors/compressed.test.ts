/** Tests the compressed files of the pages. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import express from 'express'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { preferCompressed } from '../../http/static.ts'

const TEXT = 'export const answer = 42\n'
const LARGE_BYTES = 16 * 1024 * 1024 // more than the buffers of a connection on one machine hold
const folder = mkdtempSync(join(tmpdir(), 'soulseer-compressed-'))
let server: Server
let origin: string

beforeAll(async () => {
  for (const name of ['twin.js', 'alone.js', 'changed.js']) writeFileSync(join(folder, name), TEXT)
  for (const name of ['twin.js', 'changed.js']) {
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(TEXT))
  }
  writeFileSync(join(folder, 'twin.js.gz'), gzipSync(TEXT))
  writeFileSync(join(folder, 'large.js'), Buffer.alloc(LARGE_BYTES, ' '))
  const old = new Date(statSync(join(folder, 'changed.js')).mtimeMs - 60_000)
  utimesSync(join(folder, 'changed.js.br'), old, old)
  const app = express().use(preferCompressed(folder), express.static(folder))
  server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

const get = async (path: string, encoding: string) => {
  const answer = await fetch(`${origin}${path}`, { headers: { 'accept-encoding': encoding } })
  return {
    text: await answer.text(),
    encoding: answer.headers.get('content-encoding'),
    type: answer.headers.get('content-type'),
  }
}

it.each([
  ['the compressed twin, to a browser that takes it', '/twin.js', 'gzip, br', 'br'],
  ['the gzipped twin, to one that takes no other', '/twin.js', 'gzip', 'gzip'],
  ['the file itself, to one that takes neither', '/twin.js', 'identity', null],
  ['the file itself, to one that refuses the twin by name', '/twin.js', 'br;q=0', null],
  ['the file itself, where there is no twin', '/alone.js', 'br', null],
  ['the file itself, where it was changed after the twin was made', '/changed.js', 'br', null],
])('%s', async (_, path, accepted, encoding) => {
  expect(await get(path, accepted)).toEqual({
    text: TEXT,
    encoding,
    type: 'text/javascript; charset=utf-8',
  })
})

const openFiles = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      return false // closed since the folder was read
    }
  }).length

it('no file stays open for a client who goes away in the middle of it', async () => {
  const { port } = server.address() as AddressInfo
  for (let n = 0; n < 10; n += 1) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write('GET /large.js HTTP/1.1\r\nHost: x\r\n\r\n'),
      )
      socket.once('data', () => {
        socket.destroy()
        resolve()
      })
    })
  }
  await expect.poll(openFiles).toBe(0)
})

it.each(['bytes=5-2', 'bytes=99-'])(
  'a range that is none (%s) is refused, and is no failure of ours',
  async (range) => {
    const answer = await fetch(`${origin}/twin.js`, { headers: { range, 'accept-encoding': 'identity' } })
    expect(answer.status).toBe(416)
  },
)

it('a file that is gone is 404', async () => {
  writeFileSync(join(folder, 'gone.js'), TEXT)
  expect((await fetch(`${origin}/gone.js`)).status).toBe(200)
  rmSync(join(folder, 'gone.js'))
  expect((await fetch(`${origin}/gone.js`)).status).toBe(404)
})
