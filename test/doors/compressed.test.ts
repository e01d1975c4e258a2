import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import express from 'express'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { preferCompressed } from '../../compressed.ts'

const TEXT = 'export const answer = 42\n'
const folder = mkdtempSync(join(tmpdir(), 'soulseer-compressed-'))
let server: Server
let origin: string

beforeAll(async () => {
  for (const name of ['twin.js', 'alone.js', 'changed.js']) writeFileSync(join(folder, name), TEXT)
  for (const name of ['twin.js', 'changed.js']) {
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(TEXT))
  }
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
  ['the file itself, to one that does not', '/twin.js', 'gzip', null],
  ['the file itself, where there is no twin', '/alone.js', 'br', null],
  ['the file itself, where it was changed after the twin was made', '/changed.js', 'br', null],
])('%s', async (_, path, accepted, encoding) => {
  expect(await get(path, accepted)).toEqual({
    text: TEXT,
    encoding,
    type: 'text/javascript; charset=utf-8',
  })
})
