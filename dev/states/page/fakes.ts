/** Puts the replies and devices of a state in the place of the server's and the browser's. */
import { CLIENT, NOW } from './people.ts'
import { repliesOf } from './replies.ts'
import type { Reply, State } from './state.ts'

/** Makes this page see the state's world. Must run before any script of the page. */
export function enter(state: State): void {
  setClock()
  setStorage(state.kept ?? {})
  setDevices(state.devices ?? 'granted')
  const replies = { ...repliesOf(state.me ?? CLIENT), ...state.replies }
  window.fetch = async (input, init) => {
    const request = new Request(input, init)
    return respond(find(replies, `${request.method} ${new URL(request.url).pathname}`))
  }
}

/** Lets the wall clock begin at the catalogue's instant. */
function setClock(): void {
  const ahead = NOW - Date.now()
  const now = () => Reflect.apply(Reflect.get(Clock, 'now'), Clock, []) + ahead
  const Clock = Date
  window.Date = new Proxy(Clock, {
    construct: (target, args, self) => Reflect.construct(target, args.length > 0 ? args : [now()], self),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
}

/** Gives the page storages of its own: states must neither see nor leave anything behind. */
function setStorage(kept: Readonly<Record<string, string>>): void {
  for (const name of ['localStorage', 'sessionStorage']) {
    const entries = new Map(name === 'localStorage' ? Object.entries(kept) : [])
    const storage = {
      getItem: (key: string) => entries.get(key) ?? null,
      setItem: (key: string, value: string) => void entries.set(key, value),
      removeItem: (key: string) => void entries.delete(key),
    }
    Object.defineProperty(window, name, { value: storage })
  }
}

const LISTED = [
  { kind: 'videoinput', deviceId: 'v1', label: 'Front camera' },
  {
    kind: 'videoinput',
    deviceId: 'v2',
    label: 'A camera with a name that does not end where one would expect',
  },
  { kind: 'audioinput', deviceId: 'a1', label: 'Microphone of the headset' },
  { kind: 'audiooutput', deviceId: 'o1', label: 'Speaker' },
]

function setDevices(devices: NonNullable<State['devices']>): void {
  const { mediaDevices } = navigator
  if (!mediaDevices) return
  const listed = devices === 'none' ? [] : LISTED
  mediaDevices.enumerateDevices = async () => listed as MediaDeviceInfo[]
  mediaDevices.getUserMedia = (wish) => {
    if (devices === 'asks') return new Promise(() => {})
    if (devices === 'granted')
      return Promise.resolve(picture(wish?.video !== undefined && wish.video !== false))
    const name = devices === 'denied' ? 'NotAllowedError' : 'NotFoundError'
    return Promise.reject(new DOMException('', name))
  }
  const states = { granted: 'granted', asks: 'prompt', denied: 'denied', none: 'prompt' } as const
  navigator.permissions.query = async () =>
    Object.assign(new EventTarget(), { name: '', onchange: null, state: states[devices] })
}

/** Returns a stream of silence and, if wanted, of a still evening sky. */
export function picture(withVideo: boolean): MediaStream {
  const stream = new AudioContext().createMediaStreamDestination().stream
  if (!withVideo) return stream
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width: 640, height: 480 })
  const brush = canvas.getContext('2d')
  const draw = () => {
    if (!brush) return
    const sky = brush.createLinearGradient(0, 0, 0, 480)
    sky.addColorStop(0, '#27304f')
    sky.addColorStop(1, '#c98f70')
    brush.fillStyle = sky
    brush.fillRect(0, 0, 640, 480)
  }
  draw()
  setInterval(draw, 500) // an unchanged canvas sends nothing
  for (const track of canvas.captureStream(5).getTracks()) stream.addTrack(track)
  for (const track of stream.getTracks()) {
    const deviceId = track.kind === 'video' ? 'v1' : 'a1'
    track.getSettings = () => ({ deviceId })
  }
  return stream
}

function find(replies: Readonly<Record<string, Reply>>, asked: string): Reply {
  const exact = replies[asked]
  if (exact) return exact
  const found = Object.entries(replies).find(([pattern]) =>
    new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}$`).test(asked),
  )
  if (found) return found[1]
  console.error(`The catalogue has no reply to ${asked}.`)
  return 'offline'
}

async function respond(reply: Reply): Promise<Response> {
  if (reply === 'silence') return new Promise(() => {})
  if (reply === 'offline') throw new TypeError('Failed to fetch')
  if ('body' in reply) return Response.json(reply.body)
  const { status, ...problem } = reply.refused
  return Response.json(problem, { status })
}
