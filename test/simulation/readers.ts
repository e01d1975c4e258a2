/** Lets readers come, go, become available, and set their price. */
import { type Meeting, openMeetingOf } from './books.ts'
import { clientIds, connectBoth, type Doing, person, readerIds, ringThem } from './people.ts'
import { act, type Scene } from './scene.ts'

export const changeRate: Doing = async (scene) => {
  const { random, server } = scene
  const readerId = random.pick(readerIds(scene))
  if (!readerId) return
  const rateCents = random.pick([1, 7, 99, 100, 250, 499, 1_999, 60_000]) ?? 100
  const reader = person(scene, readerId)
  await act(
    scene,
    'a new rate',
    [() => server.engine.accounts.updateProfile(reader, { rateCents })],
    (auditor) => {
      auditor.rateSet(readerId, rateCents)
      return ['ok']
    },
  )
}

async function setSwitch(scene: Scene, readerId: string, wants: boolean): Promise<void> {
  const reader = person(scene, readerId)
  if (reader.role !== 'reader') return
  await act(
    scene,
    'the switch',
    [() => scene.server.engine.presence.setAvailable(reader, wants)],
    (auditor) => {
      auditor.switched(readerId, wants)
      return ['ok']
    },
  )
}

function openPage(scene: Scene, readerId: string): void {
  scene.server.engine.presence.arrive(readerId)
  scene.auditor.pageOpened(readerId)
}

export const flip: Doing = async (scene) => {
  const { random } = scene
  const readerId = random.pick(readerIds(scene))
  if (readerId) await setSwitch(scene, readerId, random.chance(0.8))
}

export const comeAndGo: Doing = async (scene) => {
  const { random, server, auditor } = scene
  const readerId = random.pick(readerIds(scene))
  const pages = auditor.books.readers.get(readerId ?? '')?.pages ?? 0
  if (!readerId) return
  if (pages === 0 || (pages < 3 && random.chance(0.5))) {
    openPage(scene, readerId)
    return
  }
  server.engine.presence.depart(readerId)
  auditor.pageClosed(readerId)
}

/** Lets everyone join who can. */
export const gather: Doing = async (scene) => {
  for (const readerId of readerIds(scene)) {
    const reader = scene.auditor.books.readers.get(readerId)
    if (reader?.pages === 0) openPage(scene, readerId)
    if (!reader?.wants) await setSwitch(scene, readerId, true)
    const idle = clientIds(scene).filter((id) => !openMeetingOf(scene.auditor.books, id))
    const clientId = scene.random.pick(idle)
    if (clientId && !openMeetingOf(scene.auditor.books, readerId)) await ringThem(scene, clientId, readerId)
    const meeting = openMeetingOf(scene.auditor.books, readerId)
    if (meeting?.phase === 'ringing') await acceptIt(scene, meeting)
    if (meeting && (meeting.phase === 'agreed' || meeting.phase === 'paused'))
      await connectBoth(scene, meeting)
    if (scene.server.isDead()) return
  }
}

async function acceptIt(scene: Scene, { id, readerId }: Meeting): Promise<void> {
  if (scene.server.isDead()) return
  const reader = person(scene, readerId)
  await act(scene, `accept ${id}`, [() => scene.server.engine.sessions.accept(reader, id)], (auditor) => [
    auditor.accepted(id, readerId),
  ])
}
