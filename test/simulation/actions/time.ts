/** Passes time in the world: exactly, or while the server gets no turn. */
import { report, stopOnFailure, type World } from '../world.ts'

/** Moves time to the instant, every alarm ringing at its own. */
async function moveTo(world: World, instant: number): Promise<void> {
  const { clock } = world
  for (let next = clock.next(); !world.server.isDead(); next = clock.next()) {
    const at = Math.min(instant, next ?? instant)
    const without = world.killArmed ? world.auditor.copy() : undefined
    await clock.moveTo(at)
    stopOnFailure(world)
    world.auditor.passed(at)
    if (world.server.isDead() && without) world.inFlight = { without, withIt: world.auditor }
    if (at >= instant) return
  }
}

/** Passes time, and lets the pages report the state of the call. */
export async function pass(world: World, ms: number): Promise<void> {
  const { clock } = world
  const until = clock.now() + ms
  while (clock.now() < until && !world.server.isDead()) {
    const next = world.pages.reduce(
      (least, page) => (page.beats ? Math.min(least, page.nextAt) : least),
      until,
    )
    await moveTo(world, Math.max(clock.now(), next))
    for (const page of world.pages) {
      if (page.beats && page.nextAt <= clock.now()) await report(world, page, page.state)
    }
  }
}

/**
 * Suspends the server for a while; chance decides if it then hears the pages or its own alarms
 * first.
 */
export async function hold(world: World, ms: number): Promise<void> {
  const { clock, random } = world
  world.counts.holds += 1
  clock.hold(ms)
  world.auditor.held(clock.now())
  if (random.chance(0.5)) {
    for (const page of random.shuffled(world.pages)) {
      if (page.beats) await report(world, page, page.state)
    }
  }
  if (world.server.isDead()) return
  const without = world.killArmed ? world.auditor.copy() : undefined
  await clock.moveTo(clock.now())
  stopOnFailure(world)
  world.auditor.woke()
  if (world.server.isDead() && without) world.inFlight = { without, withIt: world.auditor }
}
