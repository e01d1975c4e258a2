/**
 * Starts every page but the first; the page itself says which of them it is. Has the dashboard, and
 * loads the others (docs/decisions/0145-pages-in-parts.md).
 */
import type { SessionKind } from '../shared/protocol/session.ts'
import { browserEnvironment } from './call/environment.ts'
import type { CallParts } from './call/types.ts'
import { startDashboard } from './dashboard/dashboard.tsx'
import { createRing } from './dashboard/ring.ts'
import { chosenDevices, rememberedDevices } from './devices/environment.ts'
import { createMediaPrewarm } from './devices/media-prewarm.ts'
import { deviceMemory } from './devices/memory.ts'
import { hearFilledBoxes } from './lib/autofill.ts'
import { loadAnewWhenShownAgain } from './lib/back-cache.ts'
import { turnIntoSession } from './lib/enter-session.ts'
import { http, page } from './lib/page.ts'
import { whenIdle, withScript } from './lib/page-script.ts'
import { openSocket } from './lib/socket.ts'
import { askForProof } from './passkeys/proof.tsx'
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

const loadRecords = () => import('./main-records.ts')
const loadSession = () => import('./main-session.ts')
type SessionScript = Awaited<ReturnType<typeof loadSession>>
let isSessionHere = false

const pages: Record<string, () => Promise<void>> = {
  dashboard: () => startDashboard(forSignedIn()),
  history: () => withScript(loadRecords, ({ startHistory }) => startHistory(forSignedIn())),
  payment: () =>
    withScript(loadRecords, ({ startPayment }) =>
      startPayment({ ...forSignedIn(), paymentId: lastOfPath() }),
    ),
  account: () => withScript(loadRecords, ({ startAccount }) => startAccount(forSignedIn())),
  session: () =>
    withScript(loadSession, (script) =>
      script.startSession({ ...forSessions(script), go, openSocket, sessionId: lastOfPath() }),
    ),
}

void pages[document.body.dataset.page ?? '']?.().then(() => whenIdle(prepareSession))

/** Loads the session early, so that nobody waits for it; a failure shows when one is opened. */
function prepareSession() {
  loadSession().then(
    () => (isSessionHere = true),
    () => undefined,
  )
}

function forSignedIn() {
  // Loaded early, so that the devices are known by the time of a call.
  void rememberedDevices()
  const places = { root: place('main'), headerRoot: place('header-tools') }
  return { api, go, openSocket, ring, mediaPrewarm, enterSession, ...places }
}

function forSessions({ createCall }: Pick<SessionScript, 'createCall'>) {
  const environment = { ...browserEnvironment, getMedia: devices.getMedia }
  const openCall = (call: CallParts) => createCall({ ...call, environment })
  const now = () => performance.now()
  return { api, openCall, ring, mediaPrewarm, enterSession, root: place('main'), now }
}

/** Opens a session on the page where it was accepted or requested. */
function enterSession(known: Omit<KnownSession, 'devices'>) {
  turnIntoSession(known.session.id)
  const isLate = !isSessionHere
  void withScript(loadSession, (script) =>
    script.showSession(forSessions(script), { ...known, isLate, devices: chosenDevices(deviceMemory) }),
  )
}

/** Returns the id at the end of the address of a session or a payment. */
function lastOfPath() {
  return decodeURIComponent(location.pathname.split('/').at(-1) ?? '')
}
