import { type Request, Router, raw } from 'express'
import { Refusal } from '../domain/errors.ts'
import type { Client, User } from '../domain/user.ts'
import type { Wallet } from '../engine/payments/wallet.ts'
import { type Doors, only, onlySelf, parse } from '../http/boundary.ts'
import {
  AddFundsBody,
  AutoTopUpBody,
  CardBody,
  CheckBalanceQuery,
  ConfirmFundsBody,
  PaymentsQuery,
} from '../shared/protocol/http.ts'

// Stripe's events are a few kilobytes; a signed one must never be lost to a limit.
const NOTICE_LIMIT = '1mb'
const ATTEMPT_KEY_MAX = 255

/** Stripe's own door, over the raw bytes it signed: to be mounted before the JSON parser. */
export function stripeWebhook({ wallet }: { wallet: Wallet }): Router {
  const router = Router()

  router.post('/stripe/webhook', raw({ type: () => true, limit: NOTICE_LIMIT }), async (req, res) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
    await wallet.takeNotice(body, req.get('Stripe-Signature') ?? '')
    res.json({ received: true })
  })

  return router
}

/** A client's doors to the wallet. */
export function stripeRoutes({ doors, wallet }: { doors: Doors; wallet: Wallet }): Router {
  const router = Router()

  router.post('/add-funds', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const wish = parse(AddFundsBody, req.body)
    payer(user, wish.userId)
    res.json(await wallet.addFunds({ ...wish, attemptKey: attemptKeyOf(req), from: doors.householdOf(req) }))
  })

  router.post('/add-funds/confirm', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const { userId, paymentIntentId } = parse(ConfirmFundsBody, req.body)
    res.json(await wallet.confirm({ userId: payer(user, userId).id, paymentIntentId }))
  })

  router.get('/check-balance', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const { userId } = parse(CheckBalanceQuery, req.query)
    res.json(await wallet.checkBalance(payer(user, userId).id))
  })

  router.get('/payments', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const client = only(user, 'client')
    res.json(await wallet.payments(client.id, parse(PaymentsQuery, req.query).cursor))
  })

  router.get('/payments/:id', async (req, res) => {
    const { user } = await doors.whoIs(req)
    res.json({ payment: await wallet.receipt(only(user, 'client').id, req.params.id) })
  })

  router.get('/cards', async (req, res) => {
    const { user } = await doors.whoIs(req)
    res.json({ cards: await wallet.cards.list(only(user, 'client').id) })
  })

  router.post('/cards/default', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const { cardId } = parse(CardBody, req.body)
    res.json({ cards: await wallet.cards.makeDefault(only(user, 'client').id, cardId) })
  })

  router.post('/cards/remove', async (req, res) => {
    const { user } = await doors.whoIs(req)
    const { cardId } = parse(CardBody, req.body)
    res.json({ cards: await wallet.cards.remove(only(user, 'client').id, cardId) })
  })

  router.post('/auto-top-up', async (req, res) => {
    const { user } = await doors.whoIs(req)
    await wallet.automatic.switchOn(only(user, 'client').id, parse(AutoTopUpBody, req.body))
    res.json(await wallet.payments(user.id))
  })

  router.post('/auto-top-up/off', async (req, res) => {
    const { user } = await doors.whoIs(req)
    await wallet.automatic.switchOff(only(user, 'client').id)
    res.json(await wallet.payments(user.id))
  })

  return router
}

/** A client, who acts for nobody else. */
function payer(user: User, userId: string): Client {
  onlySelf(user, userId)
  return only(user, 'client')
}

/** The page's name for one attempt to pay, by which a retry finds the first one's payment. */
function attemptKeyOf(req: Request): string | undefined {
  const key = req.get('Idempotency-Key')
  if (key === undefined || (key !== '' && key.length <= ATTEMPT_KEY_MAX)) return key
  throw new Refusal('invalid_input', 'Something in the request is not as it should be.', {
    errors: [{ path: 'Idempotency-Key', message: `must be 1 to ${ATTEMPT_KEY_MAX} characters` }],
  })
}
