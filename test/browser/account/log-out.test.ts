/** Tests the log-out of a page. */

import { signal } from '@preact/signals'
import { describe, expect, it } from 'vitest'
import { createLogOut, leaveForLogIn } from '../../../browser/account/log-out.ts'
import type { Answer, Failure } from '../../../browser/lib/http.ts'

function openPage(answer: Answer<undefined>) {
  const done: string[] = []
  const note = (what: string) => void done.push(what)
  const failure = signal<Failure | undefined>(undefined)
  const leaving = signal(false)
  const logOut = createLogOut({
    api: {
      logout: async () => {
        note('asked')
        return answer
      },
    },
    go: (path) => note(`to ${path}`),
    socket: { connect: () => note('connects'), disconnect: () => note('disconnects') } as never,
    availability: { keep: (wanted) => note(`available: ${wanted}`) },
    failure,
    leaving,
  })
  return { logOut, done, failure, leaving }
}

describe('a log-out', () => {
  it('leads home once: the connection, whose end does so too, is closed before the server ends it', async () => {
    const { logOut, done } = openPage({ ok: true, value: undefined })
    await logOut()
    expect(done).toEqual(['disconnects', 'asked', 'available: false', 'to /'])
  })

  it('is asked for once, however often it is pressed, and is under way until the page is left', async () => {
    const { logOut, done, leaving } = openPage({ ok: true, value: undefined })
    await Promise.all([logOut(), logOut()])
    expect(done.filter((what) => what === 'asked')).toHaveLength(1)
    expect(leaving.value).toBe(true)
  })

  it('leads home where the login had ended already', async () => {
    const { logOut, done } = openPage({ ok: false, failure: { code: 'not_logged_in' } })
    await logOut()
    expect(done.at(-1)).toBe('to /')
  })

  it('stays, and keeps what it failed of, where the server was not reached', async () => {
    const { logOut, done, failure, leaving } = openPage({ ok: false, failure: { code: 'offline' } })
    await logOut()
    expect(done).toEqual(['disconnects', 'asked', 'connects'])
    expect(failure.value?.code).toBe('offline')
    expect(leaving.value).toBe(false)
  })
})

describe('a login that ends while a page is open', () => {
  it('leads to the log-in, which leads back to the page', () => {
    const went: string[] = []
    const go = (path: string) => void went.push(path)
    leaveForLogIn(go, { pathname: '/session/abc', search: '?from=history' })
    leaveForLogIn(go, { pathname: '/dashboard', search: '' })
    expect(went).toEqual(['/?next=%2Fsession%2Fabc%3Ffrom%3Dhistory', '/'])
  })
})
