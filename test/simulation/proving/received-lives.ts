/** Restarts the server again and again, as two pages that prove what they receive see it. */
import type { Client } from '../../../domain/client.ts'
import { Broken, same } from '../auditor/findings.ts'
import { askForLimit } from '../auditor/purse.ts'
import { advance, becomeAnother, join, noteDeath } from './proving-pages.ts'
import { SIDES } from './receipts.ts'
import type { Call, World } from './received-types.ts'
import { noteCharge, openServer } from './received-world.ts'

/** The operator's settings for the next run. */
const SHARES = [0, 15, 33]

/** Restarts the server; the pages go on with their call, and reconnect one after the other. */
export async function comeBack(world: World, how: 'stopped' | 'killed'): Promise<void> {
  const { call, random, server } = world
  if (how === 'stopped' && !server.isDead()) await stopNow(world)
  const orderly = how === 'stopped' && !world.isArmed
  world.isArmed = false
  world.counts[how] = (world.counts[how] ?? 0) + 1
  world.disk = server.kill()
  noteDeath(world)
  await advance(world, random.pick([0, 1, 3_000, 20_000]) ?? 0)
  world.settings.feePercent = random.pick(SHARES) ?? 0
  world.server = await openServer(world)
  if (!call || call.ended) return
  await takeUp(world, call, orderly)
  for (const side of random.shuffled(SIDES)) {
    await advance(world, random.int(50, 3_000))
    if (random.chance(0.3)) becomeAnother(world, call, side)
    await join(world, call, side)
  }
}

/**
 * Stops the server, which asks the pages for what they have received until now, and may be killed
 * while it does.
 */
async function stopNow(world: World): Promise<void> {
  let isStopped = false
  world.isOrderly = !world.isArmed
  world.call?.receipts.stopping()
  const stopping = world.server.stop().then((disk) => {
    isStopped = true
    return disk
  })
  for (let waits = 0; !isStopped && waits < 130; waits += 1) await advance(world, 10)
  await stopping
  noteDeath(world)
  world.isOrderly = false
}

/** Returns the call as the disk has it when the server is back. */
async function takeUp(world: World, call: Call, orderly: boolean): Promise<void> {
  const { store } = world.server
  const open = await store.read((view) => view.openSession(call.id))
  const session = open ?? (await store.pastSession(call.id))
  if (!session) throw new Broken('A1', `${call.id} is gone`)
  call.isOrphan = false
  await takeLimits(world, call, session.limitCents)
  if (session.status === 'requested' || session.status === 'accepted') {
    call.receipts.back(0)
    return
  }
  const { charges, billedMs } = session
  for (const [index, { billedMs: ms, cents }] of call.charges.entries()) {
    same('A1', `the charge at ${ms} ms`, charges[index]?.cents, cents)
  }
  for (const charge of charges.slice(call.charges.length)) noteCharge(world, call, charge)
  if (session.status === 'ended') {
    call.ended = session as never
    return
  }
  call.receipts.back(billedMs)
  call.receipts.goesOn()
  if (!orderly) {
    for (const side of SIDES) call.mustKnowMs[side] = Math.min(call.mustKnowMs[side], billedMs)
  } else call.mustKnowMs.client = Math.min(call.mustKnowMs.client, billedMs)
}

/** Applies a limit that was requested when the server died, if the server has it. */
async function takeLimits({ server, people, purse }: World, call: Call, limitCents: number | undefined) {
  const { asked } = call
  call.asked = undefined
  if (asked && 'limitCents' in asked && asked.limitCents === limitCents) call.limitCents = limitCents
  same('A1', 'the limit of the session', limitCents, call.limitCents)
  if (!asked || !('dayCents' in asked)) return
  const client = (await server.store.read((view) => view.user(people.client.id))) as Client
  const askedFor = client.dailyLimit?.raise ? client.dailyLimit.raise.cents : client.dailyLimit?.cents
  if (askedFor === asked.dayCents) askForLimit(purse, asked.dayCents, asked.at)
}
