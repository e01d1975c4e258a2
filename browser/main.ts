/** Starts every page but the first; the page itself says which of them it is. */
import type { SessionKind } from '../shared/protocol/session.ts'
import { startAccount } from './account/account.tsx'
import { createCall } from './call/call.ts'
import { browserEnvironment } from './call/environment.ts'
import type { CallParts } from './call/types.ts'
import { startDashboard } from './dashboard/dashboard.tsx'
import { createRing } from './dashboard/ring.ts'
import { chosenDevices, rememberedDevices } from './devices/environment.ts'
import { createMediaPrewarm } from './devices/media-prewarm.ts'
import { deviceMemory } from './devices/memory.ts'
import { startHistory } from './history/history.tsx'
import { hearFilledBoxes } from './lib/autofill.ts'
import { loadAnewWhenShownAgain } from './lib/back-cache.ts'
import { turnIntoSession } from './lib/enter-session.ts'
import { http, page } from './lib/page.ts'
import { openSocket } from './lib/socket.ts'
import { askForProof } from './passkeys/proof.tsx'
import { startPayment } from './payments/payment-page.tsx'
import { showSession, startSession } from './session/session.tsx'
import type { KnownSession } from './session/types.ts'

const { api, go, place } = page
hearFilledBoxes()
http.askProofBy(askForProof)
loadAnewWhenShownAgain()
// One for the whole document, because browsers give a page few audio contexts.
const ring = createRing()
const devices = createMediaPrewarm(browserEnvironment.getMedia)
const mediaPrewarm = {
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
  // Loaded early, so that the devices are known by the time of a call.
  void rememberedDevices()
  const places = { root: place('main'), headerRoot: place('header-tools') }
  return { api, go, openSocket, ring, mediaPrewarm, enterSession, ...places }
}

function forSessions() {
  const environment = { ...browserEnvironment, getMedia: devices.getMedia }
  const openCall = (call: CallParts) => createCall({ ...call, environment })
  const now = () => performance.now()
  return { api, openCall, ring, mediaPrewarm, enterSession, root: place('main'), now }
}

/** Opens a session on the page where it was accepted or requested. */
function enterSession(known: Omit<KnownSession, 'devices'>) {
  turnIntoSession(known.session.id)
  showSession(forSessions(), { ...known, devices: chosenDevices(deviceMemory) })
}

/** Returns the id at the end of the address of a session or a payment. */
function lastOfPath() {
  return decodeURIComponent(location.pathname.split('/').at(-1) ?? '')
}
