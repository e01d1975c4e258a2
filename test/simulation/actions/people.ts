/**
 * Lets people ring, join, drop out and hang up. Each action does nothing where no person can take
 * it.
 */

import type { User } from '../../../domain/user.ts'
import type { Auditor } from '../auditor/auditor.ts'
import { type Meeting, openMeetingOf, openMeetings, type Phase, SIDES, type Side } from '../auditor/books.ts'
import { act, type Page, report, type World } from '../world.ts'

/** Something that may be done at a step; chance decides by whom and how. */
export type Doing = (world: World) => Promise<void>

export const inPhase = (world: World, ...phases: Phase[]): Meeting | undefined =>
  world.random.pick(openMeetings(world.auditor.books).filter(({ phase }) => phases.includes(phase)))

export const clientIds = ({ auditor }: World): string[] => [...auditor.books.clients.keys()]
export const readerIds = ({ auditor }: World): string[] => [...auditor.books.readers.keys()]

export const person = ({ people }: World, id: string): User => {
  const user = people.get(id)
  if (!user) throw new Error(`no person is called ${id}`)
  return user
}

export async function ringThem(world: World, clientId: string, readerId: string): Promise<void> {
  const { server, random } = world
  const client = person(world, clientId)
  if (client.role !== 'client') return
  const kind = random.pick(['video', 'voice', 'chat'] as const) ?? 'video'
  const id = world.peekId()
  const limitCents = random.chance(0.1) ? random.pick([50, 400, 2_500, 7_777, 20_000]) : undefined
  await act(
    world,
    `ring ${readerId}`,
    [() => server.engine.sessions.request(client, { readerId, kind, limitCents })],
    (auditor) => [auditor.rang(id, clientId, readerId, limitCents)],
  )
  if (world.auditor.books.meetings.has(id)) world.counts.sessions += 1
}

export const ring: Doing = async (world) => {
  const { random } = world
  const idle = clientIds(world).filter((id) => random.chance(0.1) || !openMeetingOf(world.auditor.books, id))
  const clientId = random.pick(idle)
  const readerId = random.chance(0.02) ? 'nobody' : random.pick(readerIds(world))
  if (clientId && readerId) await ringThem(world, clientId, readerId)
}

export const answer: Doing = async (world) => {
  const { random, server } = world
  const meeting =
    inPhase(world, 'ringing') ?? random.pick([...world.auditor.books.meetings.values()].slice(-3))
  if (!meeting) return
  const { id } = meeting
  const verb = random.weighted({ accept: 8, decline: 1, cancel: 1 })
  const as = verb === 'cancel' ? meeting.clientId : meeting.readerId
  const userId = random.chance(0.03) ? (random.pick([...clientIds(world), ...readerIds(world)]) ?? as) : as
  const user = person(world, userId)
  await act(world, `${verb} ${id}`, [() => server.engine.sessions[verb](user, id)], (auditor) => [
    verb === 'accept'
      ? auditor.accepted(id, userId)
      : auditor.called(id, userId, verb === 'cancel' ? 'client' : 'reader'),
  ])
}

async function sitDown(world: World, meeting: Meeting, side: Side): Promise<void> {
  const { random, server, clock } = world
  const page: Page = {
    id: world.newPageId(),
    sessionId: meeting.id,
    userId: meeting[`${side}Id`],
    side,
    state: 'interrupted',
    beats: true,
    everyMs: random.chance(0.3) ? 3_333 : random.int(4_000, 9_900),
    nextAt: clock.now(),
  }
  const join = () => server.engine.connections.join(meeting.id, page.userId, page.id)
  const note = (auditor: Auditor) => [auditor.joined(meeting.id, page.userId, page.id)]
  await act(world, `join by ${page.id}`, [join], note, false)
  if (world.server.isDead()) return
  const old = random.chance(0.1)
    ? world.pages.find((each) => each.sessionId === meeting.id && each.side === side)
    : undefined
  world.pages = world.pages.filter((each) => each.sessionId !== meeting.id || each.side !== side)
  world.pages.push(page)
  if (old) await report(world, old, 'connected')
  await report(world, page, random.chance(0.9) ? 'connected' : 'interrupted')
}

/** Connects both: missing people join, interrupted ones are connected again. */
export async function connectBoth(world: World, meeting: Meeting): Promise<void> {
  for (const side of world.random.shuffled(SIDES)) {
    if (world.server.isDead() || meeting.phase === 'over') return
    const page = world.pages.find((each) => each.sessionId === meeting.id && each.side === side)
    if (!page) await sitDown(world, meeting, side)
    else {
      page.beats = true
      await report(world, page, 'connected')
    }
  }
}

export const connect: Doing = async (world) => {
  const meeting = inPhase(world, 'agreed', 'paused')
  if (meeting) await connectBoth(world, meeting)
}

export const takeOver: Doing = async (world) => {
  const meeting = inPhase(world, 'running', 'paused')
  if (meeting) await sitDown(world, meeting, world.random.pick(SIDES) ?? 'client')
}

export const interrupt: Doing = async (world) => {
  const page = world.random.pick(world.pages)
  if (page) await report(world, page, page.state === 'connected' ? 'interrupted' : 'connected')
}

export const fallSilent: Doing = async (world) => {
  const page = world.random.pick(world.pages)
  if (page) page.beats = false
}

export const leave: Doing = async (world) => {
  const { random, server } = world
  const page = random.pick(world.pages)
  if (!page) return
  const how = random.pick(['closed', 'silent'] as const) ?? 'closed'
  world.pages = world.pages.filter((each) => each !== page)
  await act(
    world,
    `${page.id} leaves ${how}`,
    [async () => server.engine.connections.leave(page.sessionId, page.id, how)],
    (auditor) => {
      auditor.left(page.sessionId, page.id, how)
      return ['ok']
    },
    false,
  )
}

export const end: Doing = async (world) => {
  const { random, server } = world
  const meeting =
    inPhase(world, 'ringing', 'agreed', 'running', 'paused') ??
    random.pick([...world.auditor.books.meetings.values()])
  if (!meeting) return
  const { id, clientId, readerId } = meeting
  const who =
    random.pick([[clientId], [readerId], [clientId, readerId], [readerId, clientId], [clientId, clientId]]) ??
    []
  const users = who.map((each) => person(world, each))
  await act(
    world,
    `end ${id}`,
    users.map((user) => () => server.engine.sessions.end(user, id)),
    (auditor) => who.map((each) => auditor.ended(id, each)),
  )
}
