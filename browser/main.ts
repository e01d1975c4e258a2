/** The script of every page but the first: which of them this is, the page itself says. */
import type { SessionKind } from '../shared/protocol.ts'
import { startAccount } from './account.tsx'
import { type CallParts, createCall } from './call.ts'
import { browserWorld } from './call-world.ts'
import { startDashboard } from './dashboard.tsx'
import { deviceMemory } from './device-memory.ts'
import { chosenDevices, rememberedDevices } from './device-world.ts'
import { turnIntoSession } from './enter-session.ts'
import { hearFilledBoxes } from './filled-boxes.ts'
import { createHeadStart } from './head-start.ts'
import { startHistory } from './history.tsx'
import { page } from './page.ts'
import { startPayment } from './payment-page.tsx'
import { createRing } from './ring.ts'
import { type KnownSession, showSession, startSession } from './session.tsx'
import { loadAnewWhenShownAgain } from './shown-again.ts'
import { openSocket } from './socket.ts'

const { api, go, place } = page
hearFilledBoxes()
loadAnewWhenShownAgain()
// One for everything this document shows: browsers give a page few audio contexts.
const ring = createRing()
const devices = createHeadStart(browserWorld.getMedia)
const headStart = {
  ask: (kind: SessionKind) => devices.ask(kind, chosenDevices(deviceMemory)),
  drop: devices.drop,
}

const pages: Record<string, () => void> = {
  dashboard: () => void startDashboard(forSignedIn()),
  history: () => void startHistory(forSignedIn()),
  payment: () => void startPayment({ ...forSignedIn(), paymentId: lastOfPath() }),
  account: () => void startAccount(forSignedIn()),
  session: () => void startSession({ ...forSessions(), go, openSocket, sessionId: lastOfPath() }),
}

pages[document.body.dataset.page ?? '']?.()

function forSignedIn() {
  // By the time somebody rings it is known which devices are meant.
  void rememberedDevices()
  const places = { root: place('main'), headerRoot: place('header-tools') }
  return { api, go, openSocket, ring, headStart, enterSession, ...places }
}

function forSessions() {
  const world = { ...browserWorld, getMedia: devices.getMedia }
  const openCall = (call: CallParts) => createCall({ ...call, world })
  const now = () => performance.now()
  return { api, openCall, ring, headStart, enterSession, root: place('main'), now }
}

/** Goes on into a session on the page where it was accepted or rung for. */
function enterSession(known: Omit<KnownSession, 'devices'>) {
  turnIntoSession(known.session.id)
  showSession(forSessions(), { ...known, devices: chosenDevices(deviceMemory) })
}

/** What the address of a session or a payment ends in: its id. */
function lastOfPath() {
  return decodeURIComponent(location.pathname.split('/').at(-1) ?? '')
}
