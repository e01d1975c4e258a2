/** Tests the start of the whole server over a data folder. */
import { mkdtempSync, rmSync } from 'node:fs'
import { get, type RequestOptions } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeDisk } from '../adapters/store/disk/disk.ts'
import { openStore } from '../adapters/store/store.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { createDataKey } from '../adapters/system/data-key.ts'
import { UNWATCHED } from '../adapters/system/disk-space.ts'
import { keptDataKey } from '../adapters/system/kept-secret.ts'
import { readConfig } from '../config.ts'
import type { MailStatus } from '../domain/mail.ts'
import { MAILS } from '../domain/tables.ts'
import { start } from '../server.ts'
import { PRODUCTION } from './support/production-settings.ts'
import { silentLog } from './support/world.ts'

/** Writes a mail of each status into the folder of a server that is stopped. */
async function putMails(folder: string, statuses: readonly MailStatus[]): Promise<void> {
  const store = await openStore({
    disk: nodeDisk(folder),
    dataKey: createDataKey([keptDataKey(folder)]),
    clock: systemClock(),
    log: silentLog,
    onFatal: (error) => {
      throw error
    },
    space: UNWATCHED,
  })
  await store.commit((tx) => {
    for (const [at, status] of statuses.entries()) {
      const template = 'new_device'
      const dates = { createdAt: tx.now, finalAt: tx.now }
      tx.table(MAILS).put({ id: `${template}.e${at}`, userId: 'ana', template, status, ...dates })
    }
  })
  await store.close()
}

describe('start', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'soulseer-start-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const settings = (more: Record<string, string> = {}) =>
    readConfig({ DATA_DIR: folder, PORT: '0', BCRYPT_COST: '4', LOG_LEVEL: 'silent', ...more })

  it('serves the pages at its address until it is stopped, and takes no signal of the process', async () => {
    const listeners = () => process.listenerCount('SIGTERM') + process.listenerCount('uncaughtException')
    const before = listeners()
    const server = await start(settings())
    expect((await fetch(`${server.address}/healthz`)).status).toBe(200)
    expect(await (await fetch(server.address)).text()).toContain('<!doctype html>')
    expect(listeners()).toBe(before)
    await server.stop()
    await expect(fetch(`${server.address}/healthz`)).rejects.toThrow('fetch failed')
  })

  it('lets go of the folder when it stops, once for however many ask', async () => {
    const first = await start(settings())
    await expect(start(settings())).rejects.toThrow('Another process is using')
    await Promise.all([first.stop(), first.stop()])
    const second = await start(settings())
    await second.stop()
  })

  it('says how many mails the operator has to look at, and which command lists them', async () => {
    const first = await start(settings())
    expect(first.warnings.join('\n')).not.toContain('mail')
    await first.stop()
    await putMails(folder, ['failed', 'failed', 'unsure', 'sent'])
    const second = await start(settings())
    await second.stop()
    const [warning = ''] = second.warnings.filter((each) => each.includes('npm run admin -- mail'))
    expect(warning).toContain('2 could not be sent; 1 may have arrived')
  })

  it.each(['/dev/states', '/dev/states/main.js', '/dev/states/dashboard/client'])(
    'shows the catalogue at %s in development, and never in production',
    async (path) => {
      const statusUnder = async (more: Record<string, string>) => {
        const server = await start(settings(more))
        const headers = { 'x-forwarded-proto': 'https', accept: 'application/json' }
        const { port } = new URL(server.address)
        const status = await statusOf({ port, path, headers: { ...headers, host: 'soulseer.app' } })
        await server.stop()
        return status
      }
      expect(await statusUnder({ ...PRODUCTION, BCRYPT_COST: '10' })).toBe(404)
      rmSync(folder, { recursive: true })
      expect(await statusUnder({})).toBe(200)
    },
  )

  it('tells the pages the figures that the engine goes by', async () => {
    const server = await start(settings({ RING_TIMEOUT_MS: '1234', LOW_FUNDS_CENTS: '77' }))
    const told = await (await fetch(`${server.address}/settings`)).json()
    await server.stop()
    expect(told).toMatchObject({ ringTimeoutMs: 1234, lowFundsCents: 77, stripe: 'standin' })
  })
})

/** Returns the status of a GET under any host's name, which `fetch` does not set. */
function statusOf(asked: RequestOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', ...asked }, (res) => resolve(res.resume().statusCode)).on('error', reject)
  })
}
