/** Serves top-ups, cards and automatic top-ups, and takes Stripe's webhooks. */
import { type Request, Router, raw } from 'express'
import { mustNotBeOnHold } from '../domain/account-status.ts'
import type { Client } from '../domain/client.ts'
import { Refusal } from '../domain/errors.ts'
import type { User } from '../domain/user.ts'
import type { Wallet } from '../engine/payments/wallet.ts'
import type { Authentication } from '../http/authentication.ts'
import { requireRole, requireSelf } from '../http/authorize.ts'
import { clientSubnet } from '../http/client-address.ts'
import { parse } from '../http/validate.ts'
import {
  AddFundsBody,
  AutoTopUpBody,
  CardBody,
  CheckBalanceQuery,
  ConfirmFundsBody,
  PaymentsQuery,
} from '../shared/protocol/http.ts'

// Stripe's events are a few kilobytes; a signed one must never be lost to a limit.
const WEBHOOK_LIMIT = '1mb'
const ATTEMPT_KEY_MAX = 255

/**
 * Takes Stripe's webhooks, over the raw bytes that it signed: to be mounted before the JSON parser.
 */
export function stripeWebhook({ wallet }: { wallet: Wallet }): Router {
  const router = Router()

  router.post('/stripe/webhook', raw({ type: () => true, limit: WEBHOOK_LIMIT }), async (req, res) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
    await wallet.handleWebhook(body, req.get('Stripe-Signature') ?? '')
    res.json({ received: true })
  })

  return router
}

/** Serves a client's payments, cards and automatic top-ups. */
export function stripeRoutes({ auth, wallet }: { auth: Authentication; wallet: Wallet }): Router {
  const router = Router()

  router.post('/add-funds', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const wish = parse(AddFundsBody, req.body)
    mustNotBeOnHold(payer(user, wish.userId))
    res.json(await wallet.addFunds({ ...wish, attemptKey: attemptKeyOf(req), from: clientSubnet(req.ip) }))
  })

  router.post('/add-funds/confirm', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const { userId, paymentIntentId } = parse(ConfirmFundsBody, req.body)
    res.json(await wallet.confirm({ userId: payer(user, userId).id, paymentIntentId }))
  })

  router.get('/check-balance', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const { userId } = parse(CheckBalanceQuery, req.query)
    res.json(await wallet.checkBalance(payer(user, userId).id))
  })

  router.get('/payments', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const client = requireRole(user, 'client')
    res.json(await wallet.payments(client.id, parse(PaymentsQuery, req.query).cursor))
  })

  router.get('/payments/:id', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    res.json({ payment: await wallet.receipt(requireRole(user, 'client').id, req.params.id) })
  })

  router.get('/cards', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    res.json({ cards: await wallet.cards.list(requireRole(user, 'client').id) })
  })

  router.post('/cards/default', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const { cardId } = parse(CardBody, req.body)
    res.json({ cards: await wallet.cards.makeDefault(requireRole(user, 'client').id, cardId) })
  })

  router.post('/cards/remove', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    const { cardId } = parse(CardBody, req.body)
    res.json({ cards: await wallet.cards.remove(requireRole(user, 'client').id, cardId) })
  })

  router.post('/auto-top-up', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    await wallet.automatic.switchOn(requireRole(user, 'client').id, parse(AutoTopUpBody, req.body))
    res.json(await wallet.payments(user.id))
  })

  router.post('/auto-top-up/off', async (req, res) => {
    const { user } = await auth.requireLogin(req)
    await wallet.automatic.switchOff(requireRole(user, 'client').id)
    res.json(await wallet.payments(user.id))
  })

  return router
}

/** Narrows the user to a client who acts for themselves. */
function payer(user: User, userId: string): Client {
  requireSelf(user, userId)
  return requireRole(user, 'client')
}

/**
 * Returns the page's name for one attempt to pay, by which a retry finds the first one's payment.
 */
function attemptKeyOf(req: Request): string | undefined {
  const key = req.get('Idempotency-Key')
  if (key === undefined || (key !== '' && key.length <= ATTEMPT_KEY_MAX)) return key
  throw new Refusal('invalid_input', 'Some fields are invalid.', {
    errors: [{ path: 'Idempotency-Key', message: `must be 1 to ${ATTEMPT_KEY_MAX} characters` }],
  })
}
