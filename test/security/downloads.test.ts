/** Tests how much one account may have the server send, and store. */
import { afterEach, expect, it } from 'vitest'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'

let server: LiveServer | undefined

afterEach(() => server?.stop())

it('the export is JSON that a person can read, whole and empty alike', async () => {
  server = await startLiveServer()
  const client = await server.client('Ana', 2_000)
  const reader = await server.reader('Mara', 200)
  const exported = async () => {
    const { body } = await client.send<{ account: { email: string }; sessions: { id: string }[] }>(
      'GET',
      '/export',
    )
    return body
  }
  expect((await exported()).sessions).toEqual([])
  const ids: string[] = []
  for (let n = 0; n < 3; n += 1) {
    const { body } = await client.send<{ session: { id: string } }>('POST', '/session/start', {
      readerId: reader.user.id,
      kind: 'chat',
    })
    ids.unshift(body.session.id)
    await client.send('POST', `/session/${body.session.id}/cancel`)
  }
  const { account, sessions } = await exported()
  expect(account.email).toBe('ana@example.com')
  expect(sessions.map(({ id }) => id)).toEqual(ids)
})

it('an account that alternates its profile learns when it may go on, and takes part in sessions meanwhile', async () => {
  server = await startLiveServer({ dailyBytes: 8 * 1024 })
  const reader = await server.reader('Mara', 200)
  const client = await server.client('Ana', 2_000)
  let refused: Awaited<ReturnType<typeof reader.send>> | undefined
  for (let n = 0; n < 40 && refused?.status !== 429; n += 1) {
    refused = await reader.send('PATCH', '/me', { bio: `${n}`.padEnd(300, 'x') })
  }
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(60)
  expect((await client.send('POST', '/limits', { limitCents: 2_000 })).status).toBe(200)
  const { body } = await client.send<{ session: { id: string } }>('POST', '/session/start', {
    readerId: reader.user.id,
    kind: 'chat',
  })
  expect((await reader.send('POST', `/session/${body.session.id}/accept`)).status).toBe(200)
  expect((await reader.send('POST', `/session/${body.session.id}/end`)).status).toBe(200)
})
