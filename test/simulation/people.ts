/**
 * Lets people ring, join, drop out and hang up. Each action does nothing where no person can take
 * it.
 */

import type { User } from '../../domain/user.ts'
import type { Auditor } from './auditor.ts'
import { type Meeting, openMeetingOf, openMeetings, type Phase, SIDES, type Side } from './books.ts'
import { act, type Page, report, type Scene } from './scene.ts'

/** Something that may be done at a step; chance decides by whom and how. */
export type Doing = (scene: Scene) => Promise<void>

export const inPhase = (scene: Scene, ...phases: Phase[]): Meeting | undefined =>
  scene.random.pick(openMeetings(scene.auditor.books).filter(({ phase }) => phases.includes(phase)))

export const clientIds = ({ auditor }: Scene): string[] => [...auditor.books.clients.keys()]
export const readerIds = ({ auditor }: Scene): string[] => [...auditor.books.readers.keys()]

export const person = ({ people }: Scene, id: string): User => {
  const user = people.get(id)
  if (!user) throw new Error(`nobody is called ${id}`)
  return user
}

export async function ringThem(scene: Scene, clientId: string, readerId: string): Promise<void> {
  const { server, random } = scene
  const client = person(scene, clientId)
  if (client.role !== 'client') return
  const kind = random.pick(['video', 'voice', 'chat'] as const) ?? 'video'
  const id = scene.peekId()
  const limitCents = random.chance(0.1) ? random.pick([50, 400, 2_500, 7_777, 20_000]) : undefined
  await act(
    scene,
    `ring ${readerId}`,
    [() => server.engine.sessions.request(client, { readerId, kind, limitCents })],
    (auditor) => [auditor.rang(id, clientId, readerId, limitCents)],
  )
  if (scene.auditor.books.meetings.has(id)) scene.counts.sessions += 1
}

export const ring: Doing = async (scene) => {
  const { random } = scene
  const idle = clientIds(scene).filter((id) => random.chance(0.1) || !openMeetingOf(scene.auditor.books, id))
  const clientId = random.pick(idle)
  const readerId = random.chance(0.02) ? 'nobody' : random.pick(readerIds(scene))
  if (clientId && readerId) await ringThem(scene, clientId, readerId)
}

export const answer: Doing = async (scene) => {
  const { random, server } = scene
  const meeting =
    inPhase(scene, 'ringing') ?? random.pick([...scene.auditor.books.meetings.values()].slice(-3))
  if (!meeting) return
  const { id } = meeting
  const verb = random.weighted({ accept: 8, decline: 1, cancel: 1 })
  const as = verb === 'cancel' ? meeting.clientId : meeting.readerId
  const userId = random.chance(0.03) ? (random.pick([...clientIds(scene), ...readerIds(scene)]) ?? as) : as
  const user = person(scene, userId)
  await act(scene, `${verb} ${id}`, [() => server.engine.sessions[verb](user, id)], (auditor) => [
    verb === 'accept'
      ? auditor.accepted(id, userId)
      : auditor.called(id, userId, verb === 'cancel' ? 'client' : 'reader'),
  ])
}

async function sitDown(scene: Scene, meeting: Meeting, side: Side): Promise<void> {
  const { random, server, clock } = scene
  const page: Page = {
    id: scene.newPageId(),
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
  await act(scene, `join by ${page.id}`, [join], note, false)
  if (scene.server.isDead()) return
  const old = random.chance(0.1)
    ? scene.pages.find((each) => each.sessionId === meeting.id && each.side === side)
    : undefined
  scene.pages = scene.pages.filter((each) => each.sessionId !== meeting.id || each.side !== side)
  scene.pages.push(page)
  if (old) await report(scene, old, 'connected')
  await report(scene, page, random.chance(0.9) ? 'connected' : 'interrupted')
}

/** Connects both: missing people join, interrupted ones are connected again. */
export async function connectBoth(scene: Scene, meeting: Meeting): Promise<void> {
  for (const side of scene.random.shuffled(SIDES)) {
    if (scene.server.isDead() || meeting.phase === 'over') return
    const page = scene.pages.find((each) => each.sessionId === meeting.id && each.side === side)
    if (!page) await sitDown(scene, meeting, side)
    else {
      page.beats = true
      await report(scene, page, 'connected')
    }
  }
}

export const connect: Doing = async (scene) => {
  const meeting = inPhase(scene, 'agreed', 'paused')
  if (meeting) await connectBoth(scene, meeting)
}

export const takeOver: Doing = async (scene) => {
  const meeting = inPhase(scene, 'running', 'paused')
  if (meeting) await sitDown(scene, meeting, scene.random.pick(SIDES) ?? 'client')
}

export const interrupt: Doing = async (scene) => {
  const page = scene.random.pick(scene.pages)
  if (page) await report(scene, page, page.state === 'connected' ? 'interrupted' : 'connected')
}

export const fallSilent: Doing = async (scene) => {
  const page = scene.random.pick(scene.pages)
  if (page) page.beats = false
}

export const leave: Doing = async (scene) => {
  const { random, server } = scene
  const page = random.pick(scene.pages)
  if (!page) return
  const how = random.pick(['closed', 'silent'] as const) ?? 'closed'
  scene.pages = scene.pages.filter((each) => each !== page)
  await act(
    scene,
    `${page.id} leaves ${how}`,
    [async () => server.engine.connections.leave(page.sessionId, page.id, how)],
    (auditor) => {
      auditor.left(page.sessionId, page.id, how)
      return ['ok']
    },
    false,
  )
}

export const end: Doing = async (scene) => {
  const { random, server } = scene
  const meeting =
    inPhase(scene, 'ringing', 'agreed', 'running', 'paused') ??
    random.pick([...scene.auditor.books.meetings.values()])
  if (!meeting) return
  const { id, clientId, readerId } = meeting
  const who =
    random.pick([[clientId], [readerId], [clientId, readerId], [readerId, clientId], [clientId, clientId]]) ??
    []
  const users = who.map((each) => person(scene, each))
  await act(
    scene,
    `end ${id}`,
    users.map((user) => () => server.engine.sessions.end(user, id)),
    (auditor) => who.map((each) => auditor.ended(id, each)),
  )
}
