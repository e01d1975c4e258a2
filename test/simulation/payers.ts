/** Lets clients pay, and reports it to the server in many ways, orders and repetitions. */
import { clientIds, type Doing } from './people.ts'
import { act, type Scene, type TopUpAttempt } from './scene.ts'

async function begin(scene: Scene, attempt: TopUpAttempt): Promise<void> {
  const { clientId: userId, cents: amountCents, attemptKey } = attempt
  const ask = async () => {
    const { paymentIntentId } = await scene.server.engine.wallet.addFunds({ userId, amountCents, attemptKey })
    attempt.intent = paymentIntentId
  }
  const times = scene.random.pick([1, 1, 2]) ?? 1
  await act(
    scene,
    `add funds for ${userId}`,
    Array.from({ length: times }, () => ask),
    (auditor) => {
      credit(scene, auditor, [attempt])
      return Array.from({ length: times }, () => 'ok')
    },
  )
}

/**
 * Reports a payment to the server, any number of times: only the first report that finds it paid
 * counts.
 */
function credit(scene: Scene, auditor: Scene['auditor'], attempts: readonly TopUpAttempt[]): void {
  for (const { intent, clientId, cents } of attempts) {
    if (intent === undefined || !scene.bank.isPaid(intent) || auditor.books.creditedIntents.has(intent))
      continue
    auditor.books.creditedIntents.add(intent)
    auditor.credited(clientId, cents)
    scene.counts.topUps += 1
  }
}

export const start: Doing = async (scene) => {
  const clientId = scene.random.pick(clientIds(scene))
  if (!clientId) return
  const cents = scene.random.pick([500, 501, 2_000, 5_000, 20_000, 50_000]) ?? 500
  const attempt = { clientId, cents, attemptKey: `attempt of ${scene.newPageId()}`, intent: undefined }
  scene.attempts.push(attempt)
  await begin(scene, attempt)
}

export const pay: Doing = async (scene) => {
  const attempt = scene.random.pick(scene.attempts.slice(-6))
  if (attempt?.intent === undefined) return
  scene.bank.pay(attempt.intent)
  scene.paid.set(attempt.intent, { clientId: attempt.clientId, cents: attempt.cents })
}

/**
 * Reports a payment by the card form's page, Stripe's webhook, the polling, and a repeated click:
 * in any number, at once.
 */
export const deliver: Doing = async (scene) => {
  const { random, server } = scene
  const attempt = random.pick(scene.attempts.slice(-8))
  if (attempt?.intent === undefined) return begin(scene, attempt ?? (await newest(scene)))
  const { intent, clientId: userId } = attempt
  const ways = {
    page: () => server.engine.wallet.confirm({ userId, paymentIntentId: intent }),
    webhook: () => server.engine.wallet.takeNotice(Buffer.from(intent), 'signed'),
    again: () =>
      server.engine.wallet.addFunds({ userId, amountCents: attempt.cents, attemptKey: attempt.attemptKey }),
  }
  const chosen = Array.from({ length: random.int(1, 3) }, () =>
    random.weighted({ page: 2, webhook: 3, again: 1 }),
  )
  await act(
    scene,
    `${chosen.join(' and ')} about ${intent}`,
    chosen.map((way) => ways[way]),
    (auditor) => {
      credit(scene, auditor, [attempt])
      return chosen.map(() => 'ok')
    },
  )
}

const newest = async (scene: Scene): Promise<TopUpAttempt> => {
  await start(scene)
  const attempt = scene.attempts.at(-1)
  if (!attempt) throw new Error('nobody has begun to pay')
  return attempt
}

export const sweep: Doing = async (scene) => {
  // Several credits to one client that a crash left incomplete would fit neither of the two books.
  if (scene.killArmed) return
  const { bank } = scene
  await act(scene, 'the sweep', [() => scene.server.engine.wallet.sweep()], (auditor) => {
    credit(scene, auditor, scene.attempts)
    scene.counts.refundsLookedUp += auditor.lookedAfterRefunds(
      (intent, place) => bank.wishes(intent)[place]?.answer,
      (intent, place) => bank.listed(intent, bank.wishes(intent)[place]?.refundId ?? ''),
    )
    return ['ok']
  })
}

export const fund: Doing = async (scene) => {
  const attempt = await newest(scene)
  if (attempt.intent === undefined || scene.server.isDead()) return
  scene.bank.pay(attempt.intent)
  scene.paid.set(attempt.intent, { clientId: attempt.clientId, cents: attempt.cents })
  await begin(scene, attempt)
}
