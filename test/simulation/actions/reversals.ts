/** Sends money back while people talk: refunds and disputes at the bank, and their webhooks. */
import type { PaymentReversals } from '../../../domain/top-up.ts'
import type { Auditor } from '../auditor/auditor.ts'
import { openMeetingOf } from '../auditor/books.ts'
import type { Bank } from '../bank.ts'
import { act, dropPagesOf, type TopUpAttempt, type World } from '../world.ts'
import type { Doing } from './people.ts'

export const sendBack: Doing = async (world) => {
  const { random, bank, auditor } = world
  const { creditedIntents } = auditor.books
  const known = world.attempts.filter(({ intent }) => intent !== undefined && creditedIntents.has(intent))
  const talking = known.filter(({ clientId }) => openMeetingOf(auditor.books, clientId)?.phase === 'running')
  const attempt = random.pick(talking.length > 0 && random.chance(0.9) ? talking : known)
  if (attempt?.intent === undefined) return
  const part = random.pick([1, 500, Math.ceil(attempt.cents / 2), attempt.cents]) ?? 1
  bank.change(
    attempt.intent,
    CHANGES[random.weighted({ refund: 4, fail: 2, dispute: 2, win: 3, lose: 1 })](part),
  )
  if (random.chance(0.8)) await hear(world, attempt)
}

/** Reports a payment to the server of which something has gone back, late or again. */
export const tellBack: Doing = async (world) => {
  const attempt = world.random.pick(
    world.attempts.filter(({ intent }) => intent !== undefined && hasGoneBack(world.bank, intent)),
  )
  if (attempt) await hear(world, attempt)
}

const CHANGES: Record<
  'refund' | 'fail' | 'dispute' | 'win' | 'lose',
  (cents: number) => (was: PaymentReversals) => PaymentReversals
> = {
  refund: (cents) => (was) => ({ ...was, refunds: [...was.refunds, { cents, failed: false }] }),
  fail: () => (was) => ({ ...was, refunds: was.refunds.map((refund) => ({ ...refund, failed: true })) }),
  dispute: (cents) => (was) => ({
    ...was,
    withdrawnCents: was.withdrawnCents + cents,
    openDisputes: was.openDisputes + 1,
  }),
  win: () => (was) => ({ ...was, withdrawnCents: 0, openDisputes: 0 }),
  lose: () => (was) => ({ ...was, openDisputes: 0 }),
}

const hasGoneBack = (bank: Bank, intent: string): boolean =>
  bank.goneBack(intent).elsewhereCents > 0 || bank.wishes(intent).length > 0

async function hear(world: World, { intent = '', clientId }: TopUpAttempt): Promise<void> {
  const { random, server, bank } = world
  const times = random.pick([1, 1, 2]) ?? 1
  const ask = () => server.engine.wallet.handleWebhook(Buffer.from(`return ${intent}`), 'signed')
  const note = (auditor: Auditor) => {
    const own = bank.wishes(intent).map(({ refundId }) => bank.listed(intent, refundId))
    auditor.wentBack(intent, { clientId, ...bank.goneBack(intent) }, own)
    return Array.from({ length: times }, () => 'ok')
  }
  const meeting = openMeetingOf(world.auditor.books, clientId)
  await act(
    world,
    `a return of ${intent}`,
    Array.from({ length: times }, () => ask),
    note,
  )
  world.counts.reversals += 1
  if (meeting?.phase === 'over') dropPagesOf(world, meeting.id)
}
