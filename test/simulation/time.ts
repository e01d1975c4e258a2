/** Time passes on the stage: exactly, or while the server gets no turn. */
import { report, type Scene, stopOnFailure } from './scene.ts'

/** Moves time to the instant, every alarm ringing at its own. */
async function moveTo(scene: Scene, instant: number): Promise<void> {
  const { clock } = scene
  for (let next = clock.next(); !scene.server.isDead(); next = clock.next()) {
    const at = Math.min(instant, next ?? instant)
    const without = scene.killArmed ? scene.auditor.copy() : undefined
    await clock.moveTo(at)
    stopOnFailure(scene)
    scene.auditor.passed(at)
    if (scene.server.isDead() && without) scene.inFlight = { without, withIt: scene.auditor }
    if (at >= instant) return
  }
}

/** Passes time, and lets the pages report the state of the call. */
export async function pass(scene: Scene, ms: number): Promise<void> {
  const { clock } = scene
  const until = clock.now() + ms
  while (clock.now() < until && !scene.server.isDead()) {
    const next = scene.pages.reduce(
      (least, page) => (page.beats ? Math.min(least, page.nextAt) : least),
      until,
    )
    await moveTo(scene, Math.max(clock.now(), next))
    for (const page of scene.pages) {
      if (page.beats && page.nextAt <= clock.now()) await report(scene, page, page.state)
    }
  }
}

/**
 * Suspends the server for a while; chance decides if it then hears the pages or its own alarms
 * first.
 */
export async function hold(scene: Scene, ms: number): Promise<void> {
  const { clock, random } = scene
  scene.counts.holds += 1
  clock.hold(ms)
  scene.auditor.held(clock.now())
  if (random.chance(0.5)) {
    for (const page of random.shuffled(scene.pages)) {
      if (page.beats) await report(scene, page, page.state)
    }
  }
  if (scene.server.isDead()) return
  const without = scene.killArmed ? scene.auditor.copy() : undefined
  await clock.moveTo(clock.now())
  stopOnFailure(scene)
  scene.auditor.woke()
  if (scene.server.isDead() && without) scene.inFlight = { without, withIt: scene.auditor }
}
