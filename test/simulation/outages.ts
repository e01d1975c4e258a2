/**
 * The server goes, in good order or at any instant, and comes back over what the disk then holds.
 */
import { checkAll, checkWindow, type Evidence } from './invariants.ts'
import { reconcile } from './reconcile.ts'
import { noticeEnds, openServer, type Scene } from './scene.ts'
import { takeSnapshot } from './snapshot.ts'

/** The operator's settings for the next run, others at each restart. */
const SHARES = [0, 15, 50, 33]

/** Kills the server during the next change of the disk but a few. */
export function armKill({ server, random }: Scene): void {
  server.killAt(random.pick([1, 1, 1, 2, 2, 3, 5, 9]) ?? 1, random.pick([0, 0.3, 0.7, 1]) ?? 0)
}

/** Kills the server if it is not dead yet, and starts another. */
export async function crash(scene: Scene): Promise<void> {
  const midway = scene.inFlight !== undefined || scene.server.isDead()
  scene.counts.crashes += 1
  if (midway) scene.counts.crashesMidway += 1
  scene.disk = scene.server.kill()
  const { without, withIt } = scene.inFlight ?? { without: scene.auditor.copy(), withIt: scene.auditor }
  without.crashed()
  withIt.crashed()
  await comeBack(scene)
  without.restarted(scene.clock.now())
  withIt.restarted(scene.clock.now())
  scene.auditor = withIt
  await noticeEnds(scene)
  const seen = await lookAround(scene)
  scene.auditor = reconcile(scene.house, without, withIt, seen)
  forgetUnknownPayments(scene, seen)
  adoptWitnessed(scene, seen)
  checkAll({ ...seen, auditor: scene.auditor })
}

/** Stops the server in good order: nothing may be lost at all. */
export async function stopAndStart(scene: Scene): Promise<void> {
  scene.counts.stops += 1
  scene.auditor.stopped()
  scene.disk = await scene.server.stop()
  await comeBack(scene)
  scene.auditor.restarted(scene.clock.now())
}

async function comeBack(scene: Scene): Promise<void> {
  const { clock, random } = scene
  scene.pages = []
  scene.inFlight = undefined
  scene.killArmed = false
  clock.hold(random.pick([0, 1, 50, 5_000, 45_000, 90_000]) ?? 0)
  scene.house.feePercent = SHARES[(scene.counts.crashes + scene.counts.stops) % SHARES.length] ?? 0
  scene.server = await openServer(scene, scene.disk)
  await clock.moveTo(clock.now())
}

export async function lookAround(scene: Scene): Promise<Omit<Evidence, 'auditor'>> {
  const { ended, told, paid, house, bank } = scene
  return { snapshot: await takeSnapshot(scene.server.store), ended, told, paid, house, bank }
}

/** Forgets payments that the disk does not know: their page asks again under the same name. */
function forgetUnknownPayments({ attempts }: Scene, { snapshot }: Omit<Evidence, 'auditor'>): void {
  const known = new Set(
    snapshot.clients.flatMap(({ topUps }) => topUps.map(({ paymentIntentId }) => paymentIntentId)),
  )
  for (const attempt of attempts) if (!known.has(attempt.intent)) attempt.intent = undefined
}

function adoptWitnessed({ auditor, ended }: Scene, { snapshot }: Omit<Evidence, 'auditor'>): void {
  for (const meeting of auditor.books.meetings.values()) {
    if (!meeting.window) continue
    const session = snapshot.open.find(({ id }) => id === meeting.id) ?? ended.get(meeting.id)
    if (!session || !('billedMs' in session)) continue
    checkWindow(meeting, session.billedMs)
    auditor.adopt(meeting.id, session.billedMs)
  }
}
