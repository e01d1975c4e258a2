/**
 * Sets the limits of clients, for a session and for a day. No limit comes close to what has been
 * used while the server is about to be killed: if the server then ends the session, only the last
 * confirmed instant on its disk could show why.
 */
import { type Meeting, openMeetingOf } from './books.ts'
import { clientIds, type Doing, inPhase, person } from './people.ts'
import { spentOn } from './purse.ts'
import { act, dropPagesOf, ringNow, type Scene } from './scene.ts'

export const limitSession: Doing = async (scene) => {
  const { random, server, auditor } = scene
  const meeting =
    inPhase(scene, 'ringing', 'agreed', 'running', 'running', 'paused') ??
    random.pick([...auditor.books.meetings.values()])
  if (!meeting) return
  const { id, paidCents, rateCents } = meeting
  const userId = random.chance(0.95) ? meeting.clientId : (random.pick(clientIds(scene)) ?? meeting.clientId)
  const client = person(scene, userId)
  if (client.role !== 'client') return
  const near = [1, Math.ceil(rateCents / 3), 2 * rateCents + 1, -50]
  const more = random.pick([0, 5 * rateCents, ...(scene.killArmed ? [] : near)])
  const limitCents = more === undefined || random.chance(0.15) ? undefined : Math.max(1, paidCents + more)
  await act(
    scene,
    `a limit of ${limitCents} for ${id}`,
    [() => server.engine.limits.setForSession(client, id, limitCents)],
    (auditor) => [auditor.limited(id, userId, limitCents)],
  )
  scene.counts.limits += 1
  await endWhereNothingIsLeft(scene, meeting)
}

export const limitDay: Doing = async (scene) => {
  const { random, server, auditor } = scene
  const clientId = inPhase(scene, 'running')?.clientId ?? random.pick(clientIds(scene))
  const book = auditor.books.clients.get(clientId ?? '')
  if (!clientId || !book) return
  const client = person(scene, clientId)
  if (client.role !== 'client') return
  const more = random.pick([0, 20_000, 50_000, ...(scene.killArmed ? [] : [1, 300, 5_000])])
  const limitCents =
    more === undefined || random.chance(0.2)
      ? undefined
      : Math.max(1, spentOn(book, auditor.books.now) + more)
  await act(
    scene,
    `a limit of ${limitCents} a day for ${clientId}`,
    [() => server.engine.limits.setDaily(client, limitCents)],
    (auditor) => [auditor.dayLimited(clientId, limitCents)],
  )
  scene.counts.limits += 1
  await endWhereNothingIsLeft(scene, openMeetingOf(scene.auditor.books, clientId))
}

async function endWhereNothingIsLeft(scene: Scene, meeting: Meeting | undefined): Promise<void> {
  if (meeting?.phase === 'running') await ringNow(scene)
  if (meeting?.phase === 'over') dropPagesOf(scene, meeting.id)
}
