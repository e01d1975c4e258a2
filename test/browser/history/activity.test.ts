/** Tests the list of sessions and payments. */
import { describe, expect, it } from 'vitest'
import { goesOn, type Past, pastLines, readOn } from '../../../browser/history/activity.ts'
import { tellLine } from '../../../browser/history/messages.ts'
import type { SessionView } from '../../../shared/protocol/session.ts'
import type { PaymentsView, PaymentView, SessionList } from '../../../shared/protocol/views.ts'
import fc from '../../support/properties.ts'
import { good, requested } from '../page-fakes.ts'

const sessionAt = (endedAt: number): SessionView => ({
  ...requested,
  id: `s${endedAt}`,
  status: 'ended',
  endReason: 'client_ended',
  endedAt,
  durationSeconds: 61,
  chargedCents: 254,
})
const paymentAt = (createdAt: number): PaymentView => ({
  id: `p${createdAt}`,
  amountCents: 2_000,
  status: 'succeeded',
  kind: 'form',
  createdAt,
  card: { brand: 'visa', last4: '4242' },
})

/** Creates a server that keeps both lists, newest first, and gives them out a few at a time. */
function keeping(sessions: readonly SessionView[], payments: readonly PaymentView[], most: number) {
  const pageOf = <T extends { id: string }>(all: readonly T[], cursor: string | undefined) => {
    const from = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1
    const shown = all.slice(from, from + most)
    const last = shown.at(-1)
    return { shown, ...(last && from + most < all.length ? { nextCursor: last.id } : {}) }
  }
  return {
    sessions: (cursor?: string) => {
      const { shown, ...rest } = pageOf(sessions, cursor)
      return good<SessionList>({ sessions: shown, ...rest })
    },
    payments: (cursor?: string) => {
      const { shown, ...rest } = pageOf(payments, cursor)
      return good<PaymentsView>({ payments: shown, ...rest })
    },
  }
}

async function begin(server: ReturnType<typeof keeping>): Promise<Past> {
  const [sessions, payments] = await Promise.all([server.sessions(), server.payments()])
  if (!sessions.ok || !payments.ok) throw new Error('the fakes answer')
  return { sessions: sessions.value, payments: payments.value }
}

const newestFirst = (instants: number[]) => [...new Set(instants)].sort((a, b) => b - a)
const instants = fc.array(fc.nat(1_000), { maxLength: 25 }).map(newestFirst)

describe('a client’s past', () => {
  it('is read to its end with every line once, in order, and none that is shown ever gets one before it', () =>
    fc.assert(
      fc.asyncProperty(instants, instants, fc.integer({ min: 1, max: 6 }), async (ended, paid, most) => {
        const server = keeping(ended.map(sessionAt), paid.map(paymentAt), most)
        let past = await begin(server)
        let shown: string[] = []
        for (let turn = 0; ; turn += 1) {
          const now = pastLines(past).map((line) => `${line.what}${line.at}`)
          expect(now.slice(0, shown.length)).toEqual(shown)
          shown = now
          if (!goesOn(past)) break
          expect(turn).toBeLessThan(60)
          const next = await readOn(past, server)
          if (!next.ok) throw new Error('the fakes answer')
          past = next.value
        }
        const all = [
          ...ended.map((at) => ({ at, name: `session${at}` })),
          ...paid.map((at) => ({ at, name: `payment${at}` })),
        ].sort((a, b) => b.at - a.at)
        expect(shown.toSorted()).toEqual(all.map(({ name }) => name).toSorted())
        expect(pastLines(past).map(({ at }) => at)).toEqual(all.map(({ at }) => at))
      }),
    ))

  it('leads with the session that is still open', () => {
    const open: SessionView = { ...requested, status: 'live' }
    const past = {
      sessions: { sessions: [open, sessionAt(5)] },
      payments: { payments: [paymentAt(9)], credits: [{ id: 'c', cents: 300, at: 7 }] },
    }
    expect(pastLines(past).map((line) => tellLine(line).name)).toEqual([
      'Mara',
      'Funds added',
      'Credit from SoulSeer',
      'Mara',
    ])
  })

  it('says of each what it did to the balance, and where its receipt is', () => {
    expect(tellLine({ what: 'session', at: 5, session: sessionAt(5) })).toMatchObject({
      href: '/session/s5',
      length: '01:01',
      amount: '−$2.54',
      came: false,
    })
    const cut = {
      ...sessionAt(5),
      rateCents: 499,
      billedMs: 214_937,
      durationSeconds: 214,
      chargedCents: 1_787,
    }
    expect(tellLine({ what: 'session', at: 5, session: cut }).length).toBe('03:34.9')
    expect(tellLine({ what: 'payment', at: 5, payment: paymentAt(5) })).toMatchObject({
      href: '/payments/p5',
      amount: '+$20.00',
      came: true,
      details: expect.stringContaining('Visa ending in 4242'),
    })
    const declined: PaymentView = { ...paymentAt(5), status: 'pending', declined: true }
    expect(tellLine({ what: 'payment', at: 5, payment: declined })).toMatchObject({
      name: 'Top-up',
      amount: '$20.00',
      came: false,
      details: expect.stringContaining('declined, nothing taken'),
    })
  })
})
