/** Tests the routes to profiles, history and receipts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionView } from '../../shared/protocol/session.ts'
import type { EarningsView, PaymentsView, ReaderView, UserView } from '../../shared/protocol/views.ts'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import type { Person } from '../support/people.ts'
import { liveTalk } from '../support/talk.ts'

let server: LiveServer
let client: Person
let reader: Person

beforeAll(async () => {
  server = await startLiveServer()
  client = await server.client('Ana', 40_000)
  reader = await server.reader('Mara', 2_000)
})

afterAll(() => server.stop())

describe('a reader’s profile', () => {
  it('is announced to clients, and can be taken back', async () => {
    const about = { speciality: ' Tarot ', bio: 'Line one.\nLine two.' }
    const { body } = await reader.send<{ user: UserView }>('PATCH', '/me', about)
    expect(body.user).toMatchObject({ speciality: 'Tarot', bio: 'Line one.\nLine two.' })
    const listed = async () =>
      (await client.send<{ readers: ReaderView[] }>('GET', '/readers')).body.readers[0]
    expect(await listed()).toMatchObject({ name: 'Mara', speciality: 'Tarot', bio: 'Line one.\nLine two.' })
    await reader.send('PATCH', '/me', { speciality: '', bio: '' })
    expect(await listed()).not.toHaveProperty('speciality')
    expect(await listed()).not.toHaveProperty('bio')
  })

  it.each([
    ['a speciality that is too long', { speciality: 'x'.repeat(61) }],
    ['a bio that is too long', { bio: 'x'.repeat(301) }],
    ['a speciality of two lines', { speciality: 'a\nb' }],
    ['an invisible turn of direction', { bio: 'abc\u202Edef' }],
    ['a number', { bio: 7 }],
  ])('%s is refused', async (_, body) => {
    expect(await reader.send('PATCH', '/me', body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_input' },
    })
  })

  it('is for readers alone', async () => {
    expect(await client.send('PATCH', '/me', { bio: 'x' })).toMatchObject({ status: 403 })
  })
})

describe('what may be taken away', () => {
  it('the count of available readers, without a login', async () => {
    expect((await server.send('GET', '/readers/count')).body).toEqual({ available: 1 })
  })

  it('the earnings by the days of a zone, by the reader alone', async () => {
    const path = '/earnings?zone=America/New_York'
    const { body } = await reader.send<EarningsView>('GET', path)
    expect(body).toMatchObject({ totalCents: 0, zone: 'America/New_York' })
    expect(body.days).toHaveLength(30)
    expect(await client.send('GET', path)).toMatchObject({ status: 403 })
    expect(await server.send('GET', path)).toMatchObject({ status: 401 })
    expect(await reader.send('GET', '/earnings?zone=Nowhere/Land')).toMatchObject({ status: 400 })
  })

  it('sessions and days as CSV, and everything as JSON, by whose they are', async () => {
    for (const path of ['/sessions.csv', '/export']) {
      expect((await server.send('GET', path)).status).toBe(401)
    }
    const talk = await liveTalk(server, client, reader)
    await client.send('POST', `/session/${talk.session.id}/end`)
    const csv = await client.send<string>('GET', '/sessions.csv')
    expect(csv.headers.get('content-disposition')).toMatch(/^attachment/)
    expect(csv.body).toContain(`\r\n${talk.session.id},`)
    const days = await reader.send<string>('GET', '/earnings.csv')
    expect(days.body.trim().split('\r\n')).toHaveLength(31)
    const all = await client.send<{ account: UserView; sessions: SessionView[] }>('GET', '/export')
    expect(all.body.account.email).toBe('ana@example.com')
    expect(all.body.sessions.map(({ id }) => id)).toContain(talk.session.id)
    expect(JSON.stringify(all.body)).not.toMatch(/passwordHash|"hash"|_secret/)
  })

  it('sessions and top-ups in one file whose sums are the balance, by the client alone', async () => {
    const csv = await client.send<string>('GET', '/history.csv')
    const [head = '', ...lines] = csv.body.trim().split('\r\n')
    const of = (name: string) =>
      lines.map((line) => Math.round(Number(line.split(',')[head.split(',').indexOf(name)]) * 100))
    const sum = (cents: number[]) => cents.reduce((total, each) => total + each, 0)
    const { body } = await client.send<{ user: UserView }>('GET', '/me')
    expect(sum(of('in (USD)')) - sum(of('out (USD)'))).toBe(body.user.balanceCents)
    expect(lines.at(-1)).toMatch(/,top-up,.*,400\.00,,added,/)
    expect(lines.join()).toContain(',session,Mara,')
    expect(await reader.send('GET', '/history.csv')).toMatchObject({ status: 403 })
  })

  it('the receipt of a top-up, by whose it is', async () => {
    const { body } = await client.send<PaymentsView>('GET', '/payments')
    const path = `/payments/${body.payments[0]?.id}`
    expect(await client.send('GET', path)).toMatchObject({
      status: 200,
      body: { payment: { clientName: 'Ana', amountCents: 40_000, status: 'succeeded', returns: [] } },
    })
    const other = await server.client('Ben')
    expect(await other.send('GET', path)).toMatchObject({ status: 404 })
    const page = await client.send<string>('GET', path, undefined, { accept: 'text/html' })
    expect(page.body).toContain('<title>Receipt')
  })

  it('a few of the latest sessions, or a page of them where no number is asked for', async () => {
    const talk = await liveTalk(server, client, reader)
    await client.send('POST', `/session/${talk.session.id}/end`)
    const ids = async (query: string) =>
      (await client.send<{ sessions: SessionView[] }>('GET', `/sessions${query}`)).body.sessions.map(
        ({ id }) => id,
      )
    expect(await ids('?limit=1')).toEqual([talk.session.id])
    const all = await ids('')
    expect(all.length).toBeGreaterThan(1)
    for (const query of ['?limit=lots', '?limit=-1', '?limit=', '?limit=9000'])
      expect(await ids(query)).toEqual(all)
  })

  it('the balance around a session, by its client alone', async () => {
    const { body } = await client.send<{ sessions: SessionView[] }>('GET', '/sessions')
    const [session, ...earlier] = body.sessions
    const beforeCents = 40_000 - earlier.reduce((sum, { chargedCents }) => sum + chargedCents, 0)
    const path = `/session/${session?.id}`
    const mine = await client.send<{ balance: unknown }>('GET', path)
    expect(mine.body.balance).toEqual({
      beforeCents,
      afterCents: beforeCents - (session?.chargedCents ?? Number.NaN),
    })
    expect((await reader.send('GET', path)).body).not.toHaveProperty('balance')
  })
})

describe('a wrong address', () => {
  it('is served to a person as a page and to a program as a problem', async () => {
    const page = await server.send('GET', '/nowhere', undefined, { accept: 'text/html,*/*;q=0.8' })
    expect(page.status).toBe(404)
    expect(page.body as unknown as string).toContain('Page not found')
    expect(await server.send('GET', '/nowhere')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })
})

describe('a page for people who are logged in', () => {
  it('knows which role it is for, and is cached nowhere on the way', async () => {
    for (const [person, role] of [
      [client, 'client'],
      [reader, 'reader'],
    ] as const) {
      const page = await person.send<string>('GET', '/dashboard', undefined, { accept: 'text/html' })
      expect(page.body).toContain(`data-role="${role}"`)
      expect(page.headers.get('cache-control')).toBe('private, no-cache')
    }
  })
})

describe('leaving for good', () => {
  it('takes the password, ends the login and every page', async () => {
    const gone = await server.client('Gone')
    expect(await gone.send('POST', '/account/delete', { password: 'wrong' })).toMatchObject({ status: 403 })
    const page = await gone.page()
    const closed = new Promise((resolve) => page.once('disconnect', resolve))
    const answer = await gone.send('POST', '/account/delete', { password: 'correct horse' })
    expect(answer.status).toBe(204)
    await closed
    expect((await gone.send('GET', '/me')).status).toBe(401)
  })
})
