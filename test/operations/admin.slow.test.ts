/**
 * `npm run admin` as the operator runs it: against the running server, and over its folder when it
 * is stopped.
 */
import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionView } from '../../shared/protocol/session.ts'
import { type RunningServer, startServer } from '../support/e2e/server.ts'
import { next, type People, type Person, peopleAt } from '../support/people.ts'
import { liveTalk } from '../support/talk.ts'

let server: RunningServer
let people: People
let ana: Person

beforeAll(async () => {
  server = await startServer({})
  people = peopleAt(server.origin)
  ana = await people.client('Ana', 2_000)
})
afterAll(async () => {
  people.leave()
  await server.stop()
})

interface Run {
  code: number
  said: string
}

function admin(...args: string[]): Promise<Run> {
  return new Promise((done) => {
    const env = { PATH: process.env.PATH, DATA_DIR: join(server.dataDir, 'data'), LOG_LEVEL: 'error' }
    execFile(
      process.execPath,
      [resolve('dist/scripts/admin.js'), ...args],
      { env, cwd: server.dataDir },
      (error, stdout, stderr) =>
        done({ code: error ? Number(error.code) : 0, said: `${stdout}${stderr}`.trim() }),
    )
  })
}

const WHY = ['--why', 'the line was bad', '--by', 'Olu']
const balance = async () => (await ana.send('GET', `/check-balance?userId=${ana.user.id}`)).body.balanceCents

describe('beside the running server', () => {
  it('has a socket that only the folder’s owner can open', () => {
    expect((statSync(join(server.dataDir, 'data', 'admin.sock')).mode & 0o077).toString(8)).toBe('0')
  })

  it('gives goodwill, which every open page hears of', async () => {
    const page = await ana.page()
    const told = next(page, 'balance')
    const { code, said } = await admin('goodwill', 'ANA@example.com', '2.50', ...WHY)
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('balance $22.50') })
    expect(await told).toEqual({ balanceCents: 2_250 })
  })

  it('sends unspent money back to the card', async () => {
    const { code, said } = await admin('refund', 'ana@example.com', '5', ...WHY)
    expect({ code, said }).toEqual({ code: 0, said: expect.stringMatching(/\$5\.00 {2}refunded/) })
    expect(await balance()).toBe(1_750)
  })

  it('freezes and unfreezes, at once', async () => {
    const reader = await people.reader('Mara', 100)
    await reader.page()
    await reader.send('POST', '/availability', { available: true })
    const start = () => ana.send('POST', '/session/start', { readerId: reader.user.id, kind: 'chat' })
    expect(await admin('freeze', ana.user.id, ...WHY)).toMatchObject({ code: 0 })
    expect(await start()).toMatchObject({ status: 403, body: { code: 'account_frozen' } })
    expect(await admin('unfreeze', ana.user.id, ...WHY)).toMatchObject({ code: 0 })
    const started = await start()
    expect(started.status).toBe(201)
    const { id } = started.body.session as SessionView
    await ana.send('POST', `/session/${id}/cancel`)
  })

  it('prints a link that sets a new password once, and ends every log-in', async () => {
    const bea = await people.client('Bea')
    expect(await admin('reset-password', 'bea@example.com')).toEqual({
      code: 1,
      said: expect.stringContaining('--why'),
    })
    const { code, said } = await admin('reset-password', 'BEA@example.com', ...WHY)
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining(`${server.origin}/reset#`) })
    const body = { token: said.split('#').at(-1), password: 'battery staple' }
    expect((await people.send('POST', '/password/reset', body)).status).toBe(204)
    expect((await bea.send('GET', '/me')).status).toBe(401)
    expect((await people.send('POST', '/password/reset', body)).body).toMatchObject({ code: 'bad_token' })
    const login = { email: 'bea@example.com', password: 'battery staple' }
    expect((await people.send('POST', '/login', login)).status).toBe(200)
  })

  it('[W-6] bans: the open session is settled, the sockets go, and no new one is let in', async () => {
    const [bo, luz] = [await people.client('Bo', 5_000), await people.reader('Luz', 3_000)]
    const { session, client, reader } = await liveTalk(people, bo, luz)
    const ended = next(reader.page, 'session:ended')
    const gone = new Promise((done) => client.page.once('disconnect', done))
    expect(await admin('ban', 'bo@example.com', ...WHY)).toMatchObject({
      code: 0,
      said: expect.stringContaining('banned by Olu: the line was bad'),
    })
    const summary = (await ended).session
    expect(summary).toMatchObject({ id: session.id, endReason: 'client_ended' })
    expect(summary.chargedCents).toBe(Math.floor((3_000 * summary.billedMs) / 60_000))
    expect(await gone).toBe('io server disconnect')
    const refused = new Promise<Error>((done) => client.page.once('connect_error', done))
    client.page.connect()
    expect(await refused).toMatchObject({ message: 'not_logged_in' })
    expect((await bo.send('GET', '/me')).status).toBe(401)
    const credentials = { email: 'bo@example.com', password: 'correct horse' }
    expect(await people.send('POST', '/login', credentials)).toMatchObject({
      status: 403,
      body: { code: 'forbidden', detail: expect.stringContaining('closed') },
    })
    expect(await admin('unban', 'bo@example.com', ...WHY)).toMatchObject({ code: 0 })
    expect((await people.send('POST', '/login', credentials)).status).toBe(200)
    for (const each of [client, reader]) {
      each.fallSilent()
      each.page.disconnect()
    }
  })

  it.each([
    ['no command', [], 'npm run admin'],
    ['a command that is none', ['gift', 'ana@example.com'], 'npm run admin'],
    ['nobody', ['statement', 'nobody@example.com'], 'There is no client'],
    ['no reason', ['goodwill', 'ana@example.com', '1'], 'why (--why)'],
    ['no amount', ['goodwill', 'ana@example.com', 'lots', ...WHY], 'in dollars'],
    ['more than there is', ['refund', 'ana@example.com', '400', ...WHY], 'can be refunded'],
  ])('refuses %s, and says so', async (_what, args, words) => {
    const before = await balance()
    const { code, said } = await admin(...args)
    expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining(words) })
    expect(await balance()).toBe(before)
  })
})

describe('over the folder of a server that is stopped', () => {
  it('does the same, and the server finds it done', async () => {
    await server.end('SIGTERM')
    expect(await admin('goodwill', 'ana@example.com', '1', ...WHY)).toMatchObject({ code: 0 })
    expect((await admin('refund', 'ana@example.com', '1', ...WHY)).said).toContain('needs the running server')
    const { said } = await admin('statement', 'ana@example.com')
    expect(said).toContain('goodwill by Olu: the line was bad')
    expect(said).toMatch(/balance \$18\.50; the lines sum to \$18\.50: agrees$/)
    await server.startAgain()
    expect(await balance()).toBe(1_850)
  })

  it('bans a person whose session the crash left running, and bills nothing of what came after', async () => {
    const [cy, ivo] = [await people.client('Cy', 5_000), await people.reader('Ivo', 3_000)]
    const talk = await liveTalk(people, cy, ivo)
    await server.end('SIGKILL')
    const killedAt = Date.now()
    expect(await admin('ban', 'ivo@example.com', ...WHY)).toMatchObject({ code: 0 })
    await server.startAgain()
    const { body } = await cy.send<{ session: SessionView }>('GET', `/session/${talk.session.id}`)
    expect(body.session).toMatchObject({ status: 'ended', endReason: 'reader_ended' })
    expect(body.session.billedMs).toBeLessThanOrEqual(killedAt - (body.session.startedAt ?? 0))
    expect((await ivo.send('GET', '/me')).status).toBe(401)
    for (const each of [talk.client, talk.reader]) {
      each.fallSilent()
      each.page.disconnect()
    }
  })

  it('gives goodwill during a session that the crash left running, and bills nothing of what came after', async () => {
    const [dee, kai] = [await people.client('Dee', 5_000), await people.reader('Kai', 3_000)]
    const talk = await liveTalk(people, dee, kai)
    await server.end('SIGKILL')
    const killedAt = Date.now()
    expect(await admin('goodwill', 'dee@example.com', '1', ...WHY)).toMatchObject({ code: 0 })
    await server.startAgain()
    const { body } = await dee.send<{ session: SessionView }>('GET', `/session/${talk.session.id}`)
    expect(body.session).toMatchObject({ status: 'paused' })
    expect(body.session.billedMs).toBeLessThanOrEqual(killedAt - (body.session.startedAt ?? 0))
    for (const each of [talk.client, talk.reader]) {
      each.fallSilent()
      each.page.disconnect()
    }
  })

  it('prints a link that the server takes once it runs again', async () => {
    await server.end('SIGTERM')
    const { code, said } = await admin('reset-password', 'bea@example.com', ...WHY)
    expect(code).toBe(0)
    await server.startAgain()
    const body = { token: said.split('#').at(-1), password: 'another battery staple' }
    expect((await people.send('POST', '/password/reset', body)).status).toBe(204)
  })

  it('replaces the socket that a crash left behind', async () => {
    await server.end('SIGKILL')
    await server.startAgain()
    expect((await admin('strays')).said).toBe('There is no money without an owner.')
  })
})
