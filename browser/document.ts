/** Gives every page but the first what it starts with; one for the whole document. */
import type { SessionKind } from '../shared/protocol/session.ts'
import { browserEnvironment } from './call/environment.ts'
import type { CallParts } from './call/types.ts'
import { createRing } from './dashboard/ring.ts'
import { chosenDevices, rememberedDevices } from './devices/environment.ts'
import { createMediaPrewarm } from './devices/media-prewarm.ts'
import { deviceMemory } from './devices/memory.ts'
import { hearFilledBoxes } from './lib/autofill.ts'
import { loadAnewWhenShownAgain } from './lib/back-cache.ts'
import { turnIntoSession } from './lib/enter-session.ts'
import { http, page } from './lib/page.ts'
import { openSocket } from './lib/socket.ts'
import { whenIdle, withScript } from './page-script.ts'
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

/**
 * Loads the session with its call, which is a script of its own
 * (docs/decisions/0145-pages-in-parts.md).
 */
export const loadSession = () => import('./main-session.ts')
type SessionScript = Awaited<ReturnType<typeof loadSession>>
let isSessionHere = false

/** Starts the page that the document says it is, and then makes it ready for a session. */
export function startPage(pages: Readonly<Record<string, () => Promise<void>>>): void {
  void pages[document.body.dataset.page ?? '']?.().then(() => whenIdle(prepareSession))
}

/** Loads the session early, so that no one waits for it; a failure shows when one is opened. */
function prepareSession() {
  loadSession().then(
    () => {
      isSessionHere = true
    },
    () => undefined,
  )
}

/** Returns what the page of a logged-in person starts with. */
export function forSignedIn() {
  // Loaded early, so that the devices are known by the time of a call.
  void rememberedDevices()
  const places = { root: place('main'), headerRoot: place('header-tools') }
  return { api, go, openSocket, ring, mediaPrewarm, enterSession, ...places }
}

/** Returns what the page of a session starts with. */
export function forSessions({ createCall }: Pick<SessionScript, 'createCall'>) {
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
export function lastOfPath() {
  return decodeURIComponent(location.pathname.split('/').at(-1) ?? '')
}
