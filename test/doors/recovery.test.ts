/** Tests the routes of forgotten passwords and of addresses. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutgoingMail } from '../../engine/ports.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { tokenIn } from '../support/mail.ts'

let server: LiveServer

beforeAll(async () => {
  server = await startLiveServer()
})
afterAll(() => server.stop())

/** Resolves with the token of the newest mail of a template to an address, once it is sent. */
async function tokenTo(email: string, template: string): Promise<string> {
  const found = () =>
    server.mails.filter(({ id, to }) => to === email && id.startsWith(`${template}.`)).at(-1)
  await expect.poll(found).toBeDefined()
  return tokenIn(found() as OutgoingMail)
}

/** Returns the id of every notice of a new browser that the journal names. */
const queuedNotices = (): Set<string> =>
  new Set(
    server.disk
      .names()
      .filter((name) => name.startsWith('journal'))
      .flatMap((name) => server.disk.text(name).match(/new_device\.[\w-]+/g) ?? []),
  )

const VOLATILE = ['date', 'x-request-id']
const plain = (headers: Headers) => [...headers].filter(([name]) => !VOLATILE.includes(name))

describe('a forgotten password', () => {
  it('is asked for with the same response for a known, an unknown and an impossible address', async () => {
    await server.client('Ana')
    const [known, unknown, impossible] = await Promise.all(
      ['ana@example.com', 'nobody@example.com', 'no address'].map((email) =>
        server.send('POST', '/password/forgot', { email }),
      ),
    )
    expect(known).toMatchObject({ status: 202, body: {} })
    for (const other of [unknown, impossible]) {
      expect({ status: other?.status, body: other?.body, headers: plain(other?.headers as Headers) }).toEqual(
        {
          status: known?.status,
          body: known?.body,
          headers: plain(known?.headers as Headers),
        },
      )
    }
  })

  it('is reset by the mailed link, which makes the browser known and logs no one in', async () => {
    const bo = await server.client('Bo')
    await server.send('POST', '/password/forgot', { email: 'BO@example.com' })
    const token = await tokenTo('bo@example.com', 'reset_password')
    const { status, headers } = await server.send('POST', '/password/reset', {
      token,
      password: 'battery staple',
    })
    expect(status).toBe(204)
    expect(headers.getSetCookie().map((cookie) => cookie.split('=')[0])).toEqual([
      'soulseer-device',
      'soulseer-browser',
    ])
    expect((await bo.send('GET', '/me')).status).toBe(401)
    const again = await server.send('POST', '/password/reset', { token, password: 'battery staple' })
    expect(again).toMatchObject({ status: 400, body: { code: 'bad_token' } })
  })

  it('can be asked for twenty times an hour by a network in production', async () => {
    const strict = await startLiveServer({ strictness: 'production' })
    const statuses: number[] = []
    for (let each = 0; each < 21; each += 1) {
      const { status } = await strict.send('POST', '/password/forgot', { email: `nobody${each}@example.com` })
      statuses.push(status)
    }
    await strict.stop()
    expect(statuses).toEqual([...Array(20).fill(202), 429])
  })
})

describe('an address', () => {
  it('is confirmed with the user for its own login, and with nothing for another browser', async () => {
    const cy = await server.client('Cy')
    const body = { token: await tokenTo('cy@example.com', 'confirm_email') }
    expect(await cy.send('POST', '/email/confirm', body)).toMatchObject({
      status: 200,
      body: { user: { email: 'cy@example.com', emailConfirmed: true } },
    })
    await server.client('Di')
    const other = { token: await tokenTo('di@example.com', 'confirm_email') }
    expect(await cy.send('POST', '/email/confirm', other)).toMatchObject({ status: 204, body: '' })
  })

  it('is changed once the new one confirms, and changed back by the former one', async () => {
    const eve = await server.client('Eve')
    await eve.send('POST', '/email/confirm', { token: await tokenTo('eve@example.com', 'confirm_email') })
    const wish = { email: 'eve@example.org', password: 'correct horse' }
    expect(await eve.send('POST', '/email', { ...wish, password: 'wrong' })).toMatchObject({ status: 403 })
    expect(await eve.send('POST', '/email', wish)).toMatchObject({
      status: 202,
      body: { user: { email: 'eve@example.com', pendingEmail: { email: 'eve@example.org' } } },
    })
    const undo = await tokenTo('eve@example.com', 'email_changing')
    await eve.send('POST', '/email/confirm', { token: await tokenTo('eve@example.org', 'confirm_email') })
    expect((await eve.send('GET', '/me')).body).toMatchObject({ user: { email: 'eve@example.org' } })
    expect((await server.send('POST', '/email/undo', { token: undo })).status).toBe(204)
    expect((await eve.send('GET', '/me')).status).toBe(401)
    const login = { email: 'eve@example.com', password: 'correct horse' }
    expect((await server.send('POST', '/login', login)).status).toBe(200)
  })

  it('is given up by its owner', async () => {
    const flo = await server.client('Flo')
    await flo.send('POST', '/email', { email: 'flo@example.org', password: 'correct horse' })
    const { status, body } = await flo.send('POST', '/email/cancel')
    expect(status).toBe(200)
    expect(body.user).not.toHaveProperty('pendingEmail')
  })
})

describe('a log-in', () => {
  it('from a browser that brings another id is announced by mail, from the same one it is not', async () => {
    const gil = await server.client('Gil')
    await gil.send('POST', '/email/confirm', { token: await tokenTo('gil@example.com', 'confirm_email') })
    const login = { email: 'gil@example.com', password: 'correct horse' }
    const before = queuedNotices().size
    const first = await server.send('POST', '/login', login)
    const notices = () =>
      server.mails.filter(({ id, to }) => to === 'gil@example.com' && /^new_device/.test(id))
    await expect.poll(() => notices().length).toBe(1)
    const cookie = first.headers.getSetCookie().find((each) => each.startsWith('soulseer-browser=')) ?? ''
    expect(cookie).toMatch(/^soulseer-browser=[\w-]{24}; Max-Age=34560000; Path=\/; HttpOnly; SameSite=Lax$/)
    const again = await server.send('POST', '/login', login, { cookie: cookie.split(';')[0] })
    expect(again.headers.getSetCookie()).toContain(cookie)
    expect(queuedNotices().size).toBe(before + 1)
  })
})
