/**
 * Lets the operator send unspent money back, while the bank makes it, makes it without a response,
 * or is out of order.
 */

import { walletOf } from '../auditor/purse.ts'
import { takeSnapshot } from '../auditor/snapshot.ts'
import { act } from '../world.ts'
import { clientIds, type Doing } from './people.ts'
import { hold } from './time.ts'

const NOTE = { by: 'the operator', why: 'asked for' }

export const giveBack: Doing = async (world) => {
  // Several refunds to one client that a crash left incomplete would fit neither of the two books.
  if (world.killArmed) return
  const { random, server, bank, auditor } = world
  const { clients } = auditor.books
  const rich = clientIds(world).filter((id) => walletOf(clients.get(id) ?? NOBODY) > 0)
  const clientId = random.pick(random.chance(0.9) ? rich : clientIds(world))
  if (clientId === undefined) return
  const wallet = walletOf(clients.get(clientId) ?? NOBODY)
  const amountCents = random.pick([1, Math.ceil(wallet / 2), wallet, wallet, wallet + 1]) ?? 1
  bank.decide(random.weighted({ made: 2, lost: 3, error: 4 }))
  const { clients: now } = await takeSnapshot(server.store)
  const paid = (now.find(({ id }) => id === clientId)?.topUps ?? []).flatMap(
    ({ status, paymentIntentId: intent, amountCents }) =>
      status === 'succeeded' && intent !== undefined ? [{ intent, amountCents }] : [],
  )
  await act(
    world,
    `a refund of ${amountCents} to ${clientId}`,
    [() => server.engine.wallet.refunds.giveBack(clientId, amountCents, NOTE)],
    (auditor) => [
      auditor.gaveBack(clientId, amountCents, paid, (intent, place) => bank.wishes(intent)[place]?.answer),
    ],
  )
  world.counts.ownRefunds += 1
}

const NOBODY = { creditedCents: 0, returnedCents: 0, spentCents: 0 }

/** Lets about as much time pass as a key lasts at the bank, with all pages silent. */
export const sleepOverIt: Doing = async (world) => {
  for (const page of world.pages) page.beats = false
  // A refund that was started and not paid is given up by then, on either side.
  const paid = world.attempts.filter(({ intent }) => intent !== undefined && world.bank.isPaid(intent))
  world.attempts.splice(0, Infinity, ...paid)
  await hold(world, (world.random.pick([22, 23.5, 24, 25]) ?? 24) * 3_600_000)
}
