/**
 * Stops the server, in good order or at any instant, and starts it over what the disk then holds.
 */
import { checkAll, checkWindow, type Evidence } from '../auditor/invariants.ts'
import { reconcile } from '../auditor/reconcile.ts'
import { takeSnapshot } from '../auditor/snapshot.ts'
import { noticeEnds, openServer, type World } from '../world.ts'

/** The operator's settings for the next run, others at each restart. */
const SHARES = [0, 15, 50, 33]

/** Kills the server during the next change of the disk but a few. */
export function armKill({ server, random }: World): void {
  server.killAt(random.pick([1, 1, 1, 2, 2, 3, 5, 9]) ?? 1, random.pick([0, 0.3, 0.7, 1]) ?? 0)
}

/** Kills the server if it is not dead yet, and starts another. */
export async function crash(world: World): Promise<void> {
  const midway = world.inFlight !== undefined || world.server.isDead()
  world.counts.crashes += 1
  if (midway) world.counts.crashesMidway += 1
  world.disk = world.server.kill()
  const { without, withIt } = world.inFlight ?? { without: world.auditor.copy(), withIt: world.auditor }
  without.crashed()
  withIt.crashed()
  await comeBack(world)
  without.restarted(world.clock.now())
  withIt.restarted(world.clock.now())
  world.auditor = withIt
  await noticeEnds(world)
  const seen = await lookAround(world)
  world.auditor = reconcile(world.settings, without, withIt, seen)
  forgetUnknownPayments(world, seen)
  acceptConfirmed(world, seen)
  checkAll({ ...seen, auditor: world.auditor })
}

/** Stops the server in good order: nothing may be lost at all. */
export async function stopAndStart(world: World): Promise<void> {
  world.counts.stops += 1
  world.auditor.stopped()
  world.disk = await world.server.stop()
  await comeBack(world)
  world.auditor.restarted(world.clock.now())
}

async function comeBack(world: World): Promise<void> {
  const { clock, random } = world
  world.pages = []
  world.inFlight = undefined
  world.killArmed = false
  clock.hold(random.pick([0, 1, 50, 5_000, 45_000, 90_000]) ?? 0)
  world.settings.feePercent = SHARES[(world.counts.crashes + world.counts.stops) % SHARES.length] ?? 0
  world.server = await openServer(world, world.disk)
  await clock.moveTo(clock.now())
}

export async function lookAround(world: World): Promise<Omit<Evidence, 'auditor'>> {
  const { ended, announced, paid, settings, bank } = world
  return { snapshot: await takeSnapshot(world.server.store), ended, announced, paid, settings, bank }
}

/** Forgets payments that the disk does not know: their page asks again under the same name. */
function forgetUnknownPayments({ attempts }: World, { snapshot }: Omit<Evidence, 'auditor'>): void {
  const known = new Set(
    snapshot.clients.flatMap(({ topUps }) => topUps.map(({ paymentIntentId }) => paymentIntentId)),
  )
  for (const attempt of attempts) if (!known.has(attempt.intent)) attempt.intent = undefined
}

function acceptConfirmed({ auditor, ended }: World, { snapshot }: Omit<Evidence, 'auditor'>): void {
  for (const meeting of auditor.books.meetings.values()) {
    if (!meeting.window) continue
    const session = snapshot.open.find(({ id }) => id === meeting.id) ?? ended.get(meeting.id)
    if (!session || !('billedMs' in session)) continue
    checkWindow(meeting, session.billedMs)
    auditor.accept(meeting.id, session.billedMs)
  }
}
