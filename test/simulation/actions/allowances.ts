/**
 * Sets the limits of clients, for a session and for a day. No limit comes close to what has been
 * used while the server is about to be killed: if the server then ends the session, only the last
 * confirmed instant on its disk could show why.
 */
import { type Meeting, openMeetingOf } from '../auditor/books.ts'
import { spentOn } from '../auditor/purse.ts'
import { act, dropPagesOf, ringNow, type World } from '../world.ts'
import { clientIds, type Doing, inPhase, person } from './people.ts'

export const limitSession: Doing = async (world) => {
  const { random, server, auditor } = world
  const meeting =
    inPhase(world, 'ringing', 'agreed', 'running', 'running', 'paused') ??
    random.pick([...auditor.books.meetings.values()])
  if (!meeting) return
  const { id, paidCents, rateCents } = meeting
  const userId = random.chance(0.95) ? meeting.clientId : (random.pick(clientIds(world)) ?? meeting.clientId)
  const client = person(world, userId)
  if (client.role !== 'client') return
  const near = [1, Math.ceil(rateCents / 3), 2 * rateCents + 1, -50]
  const more = random.pick([0, 5 * rateCents, ...(world.killArmed ? [] : near)])
  const limitCents = more === undefined || random.chance(0.15) ? undefined : Math.max(1, paidCents + more)
  await act(
    world,
    `a limit of ${limitCents} for ${id}`,
    [() => server.engine.limits.setForSession(client, id, limitCents)],
    (auditor) => [auditor.limited(id, userId, limitCents)],
  )
  world.counts.limits += 1
  await endWhereNothingIsLeft(world, meeting)
}

export const limitDay: Doing = async (world) => {
  const { random, server, auditor } = world
  const clientId = inPhase(world, 'running')?.clientId ?? random.pick(clientIds(world))
  const book = auditor.books.clients.get(clientId ?? '')
  if (!clientId || !book) return
  const client = person(world, clientId)
  if (client.role !== 'client') return
  const more = random.pick([0, 20_000, 50_000, ...(world.killArmed ? [] : [1, 300, 5_000])])
  const limitCents =
    more === undefined || random.chance(0.2)
      ? undefined
      : Math.max(1, spentOn(book, auditor.books.now) + more)
  await act(
    world,
    `a limit of ${limitCents} a day for ${clientId}`,
    [() => server.engine.limits.setDaily(client, limitCents)],
    (auditor) => [auditor.dayLimited(clientId, limitCents)],
  )
  world.counts.limits += 1
  await endWhereNothingIsLeft(world, openMeetingOf(world.auditor.books, clientId))
}

async function endWhereNothingIsLeft(world: World, meeting: Meeting | undefined): Promise<void> {
  if (meeting?.phase === 'running') await ringNow(world)
  if (meeting?.phase === 'over') dropPagesOf(world, meeting.id)
}
