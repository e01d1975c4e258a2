/** Lets clients pay, and reports it to the server in many ways, orders and repetitions. */
import { cents } from '../../../shared/money.ts'
import { act, type TopUpAttempt, type World } from '../world.ts'
import { clientIds, type Doing } from './people.ts'

async function begin(world: World, attempt: TopUpAttempt): Promise<void> {
  const { clientId: userId, cents: amountCents, attemptKey } = attempt
  const ask = async () => {
    const { paymentIntentId } = await world.server.engine.wallet.addFunds({
      userId,
      amountCents: cents(amountCents),
      attemptKey,
    })
    attempt.intent = paymentIntentId
  }
  const times = world.random.pick([1, 1, 2]) ?? 1
  await act(
    world,
    `add funds for ${userId}`,
    Array.from({ length: times }, () => ask),
    (auditor) => {
      credit(world, auditor, [attempt])
      return Array.from({ length: times }, () => 'ok')
    },
  )
}

/**
 * Reports a payment to the server, any number of times: only the first report that finds it paid
 * counts.
 */
function credit(world: World, auditor: World['auditor'], attempts: readonly TopUpAttempt[]): void {
  for (const { intent, clientId, cents } of attempts) {
    if (intent === undefined || !world.bank.isPaid(intent) || auditor.books.creditedIntents.has(intent))
      continue
    auditor.books.creditedIntents.add(intent)
    auditor.credited(clientId, cents)
    world.counts.topUps += 1
  }
}

export const start: Doing = async (world) => {
  const clientId = world.random.pick(clientIds(world))
  if (!clientId) return
  const cents = world.random.pick([500, 501, 2_000, 5_000, 20_000, 50_000]) ?? 500
  const attempt = { clientId, cents, attemptKey: `attempt of ${world.newPageId()}`, intent: undefined }
  world.attempts.push(attempt)
  await begin(world, attempt)
}

export const pay: Doing = async (world) => {
  const attempt = world.random.pick(world.attempts.slice(-6))
  if (attempt?.intent === undefined) return
  world.bank.pay(attempt.intent)
  world.paid.set(attempt.intent, { clientId: attempt.clientId, cents: attempt.cents })
}

/**
 * Reports a payment by the card form's page, Stripe's webhook, the polling, and a repeated click:
 * in any number, at once.
 */
export const deliver: Doing = async (world) => {
  const { random, server } = world
  const attempt = random.pick(world.attempts.slice(-8))
  if (attempt?.intent === undefined) return begin(world, attempt ?? (await newest(world)))
  const { intent, clientId: userId } = attempt
  const ways = {
    page: () => server.engine.wallet.confirm({ userId, paymentIntentId: intent }),
    webhook: () => server.engine.wallet.handleWebhook(Buffer.from(intent), 'signed'),
    again: () =>
      server.engine.wallet.addFunds({
        userId,
        amountCents: cents(attempt.cents),
        attemptKey: attempt.attemptKey,
      }),
  }
  const chosen = Array.from({ length: random.int(1, 3) }, () =>
    random.weighted({ page: 2, webhook: 3, again: 1 }),
  )
  await act(
    world,
    `${chosen.join(' and ')} about ${intent}`,
    chosen.map((way) => ways[way]),
    (auditor) => {
      credit(world, auditor, [attempt])
      return chosen.map(() => 'ok')
    },
  )
}

const newest = async (world: World): Promise<TopUpAttempt> => {
  await start(world)
  const attempt = world.attempts.at(-1)
  if (!attempt) throw new Error('no payment was started')
  return attempt
}

export const poll: Doing = async (world) => {
  // Several credits to one client that a crash left incomplete would fit neither of the two books.
  if (world.killArmed) return
  const { bank } = world
  await act(world, 'polling', [() => world.server.engine.wallet.poll()], (auditor) => {
    credit(world, auditor, world.attempts)
    world.counts.refundsLookedUp += auditor.lookedAfterRefunds(
      (intent, place) => bank.wishes(intent)[place]?.answer,
      (intent, place) => bank.listed(intent, bank.wishes(intent)[place]?.refundId ?? ''),
    )
    return ['ok']
  })
}

export const fund: Doing = async (world) => {
  const attempt = await newest(world)
  if (attempt.intent === undefined || world.server.isDead()) return
  world.bank.pay(attempt.intent)
  world.paid.set(attempt.intent, { clientId: attempt.clientId, cents: attempt.cents })
  await begin(world, attempt)
}
