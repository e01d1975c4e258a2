/** Lets readers come, go, become available, and set their price. */
import { type Meeting, openMeetingOf } from '../auditor/books.ts'
import { act, type World } from '../world.ts'
import { clientIds, connectBoth, type Doing, person, readerIds, ringThem } from './people.ts'

export const changeRate: Doing = async (world) => {
  const { random, server } = world
  const readerId = random.pick(readerIds(world))
  if (!readerId) return
  const rateCents = random.pick([1, 7, 99, 100, 250, 499, 1_999, 60_000]) ?? 100
  const reader = person(world, readerId)
  await act(
    world,
    'a new rate',
    [() => server.engine.accounts.updateProfile(reader, { rateCents })],
    (auditor) => {
      auditor.rateSet(readerId, rateCents)
      return ['ok']
    },
  )
}

async function setSwitch(world: World, readerId: string, wants: boolean): Promise<void> {
  const reader = person(world, readerId)
  if (reader.role !== 'reader') return
  await act(
    world,
    'the switch',
    [() => world.server.engine.presence.setAvailable(reader, wants)],
    (auditor) => {
      auditor.switched(readerId, wants)
      return ['ok']
    },
  )
}

function openPage(world: World, readerId: string): void {
  world.server.engine.presence.arrive(readerId)
  world.auditor.pageOpened(readerId)
}

export const flip: Doing = async (world) => {
  const { random } = world
  const readerId = random.pick(readerIds(world))
  if (readerId) await setSwitch(world, readerId, random.chance(0.8))
}

export const comeAndGo: Doing = async (world) => {
  const { random, server, auditor } = world
  const readerId = random.pick(readerIds(world))
  const pages = auditor.books.readers.get(readerId ?? '')?.pages ?? 0
  if (!readerId) return
  if (pages === 0 || (pages < 3 && random.chance(0.5))) {
    openPage(world, readerId)
    return
  }
  server.engine.presence.depart(readerId)
  auditor.pageClosed(readerId)
}

/** Lets everyone join who can. */
export const gather: Doing = async (world) => {
  for (const readerId of readerIds(world)) {
    const reader = world.auditor.books.readers.get(readerId)
    if (reader?.pages === 0) openPage(world, readerId)
    if (!reader?.wants) await setSwitch(world, readerId, true)
    const idle = clientIds(world).filter((id) => !openMeetingOf(world.auditor.books, id))
    const clientId = world.random.pick(idle)
    if (clientId && !openMeetingOf(world.auditor.books, readerId)) await ringThem(world, clientId, readerId)
    const meeting = openMeetingOf(world.auditor.books, readerId)
    if (meeting?.phase === 'ringing') await acceptIt(world, meeting)
    if (meeting && (meeting.phase === 'agreed' || meeting.phase === 'paused'))
      await connectBoth(world, meeting)
    if (world.server.isDead()) return
  }
}

async function acceptIt(world: World, { id, readerId }: Meeting): Promise<void> {
  if (world.server.isDead()) return
  const reader = person(world, readerId)
  await act(world, `accept ${id}`, [() => world.server.engine.sessions.accept(reader, id)], (auditor) => [
    auditor.accepted(id, readerId),
  ])
}
