import type { ErrorCode } from '../../shared/protocol/errors.ts'
import type { Ack, BeatAck, Candidate, Description, JoinAck, RtcBeat } from '../../shared/protocol/socket.ts'
import type { CallSocket, CallWorld } from './types.ts'

/** What a page reports of the call. */
export type Beat = Omit<RtcBeat, 'sessionId'>

// A server that has not answered by then will not: the person is better served by another try.
const ANSWER_MS = 5_000
// After a sleep the person is waiting, and a living socket answers in a fraction of this.
const ALIVE_MS = 3_000

/** What the server or the other page may say about this one session. */
export interface WireListener {
  /** The socket is up: whoever wants a seat must ask for it, again too. */
  online(): void
  offline(): void
  peerJoined(): void
  peerLeft(): void
  described(description: Description): void
  candidate(candidate: Candidate | null): void
  /** The server waits for our report. */
  asked(): void
  /** How much connected time both pages have proven; undefined from a server that does not say. */
  proven(provenMs: number | undefined): void
  takenOver(): void
  ended(): void
  /** The server does not know us as a person in this session. */
  unseated(): void
}

export interface Wire {
  isOnline(): boolean
  /** Asks for the seat; undefined when no answer came in time. `again`: it was ours before. */
  join(again: boolean): Promise<Ack<JoinAck> | undefined>
  describe(description: Description): void
  candidate(candidate: Candidate | null): void
  report(beat: Beat): void
  /** Reports, and opens a new socket when the old one, which may have died in a sleep, brings no answer. */
  check(beat: Beat): void
  /** Tries at once to reach our server, which the other page does again. */
  hurry(): void
}

interface ListenParts {
  socket: CallSocket
  sessionId: string
  listener: WireListener
}

interface WireParts extends ListenParts {
  /** What this page is called, over all its connections to the server. */
  page: string
  after: CallWorld['after']
}

/** One session's share of the socket. Says nothing while the socket is down: an old word heard late does harm. */
export function createWire({ socket, sessionId, page, after, listener }: WireParts): Wire {
  const onAck = (error: Error | null, ack: Ack | undefined) => {
    if (!error && isUnseated(ack)) listener.unseated()
  }
  const onBeatAck = (error: Error | null, ack: Ack<BeatAck> | undefined) => {
    if (error) return
    if (ack?.ok) listener.proven(ack.provenMs)
    else onAck(error, ack)
  }
  const said = () => socket.timeout(ANSWER_MS)
  /** Answers for a promise that is not kept in time. The socket's own timers are held back in hidden pages. */
  const within = <T>(ms: number, answer: Promise<T>): Promise<T | undefined> =>
    new Promise((resolve) => {
      const stopTimer = after(ms, () => resolve(undefined))
      answer
        .catch(() => undefined)
        .then((value) => {
          stopTimer()
          resolve(value)
        })
    })

  return {
    isOnline: () => socket.connected,
    join: (again) =>
      within(ANSWER_MS, said().emitWithAck('session:join', { sessionId, page, again, confirms: true })),
    describe: (description) => {
      if (!socket.connected) return
      if (description.type === 'offer') said().emit('offer', { sessionId, description }, onAck)
      else said().emit('answer', { sessionId, description }, onAck)
    },
    candidate: (candidate) => {
      if (socket.connected) said().emit('ice-candidate', { sessionId, candidate }, onAck)
    },
    report: (beat) => {
      if (socket.connected) said().emit('rtc:state', { sessionId, ...beat }, onBeatAck)
    },
    hurry: () => {
      if (!socket.connected) socket.disconnect().connect()
    },
    check: async (beat) => {
      if (!socket.connected) return
      const { id } = socket
      const ack = await within(
        ALIVE_MS,
        socket.timeout(ALIVE_MS).emitWithAck('rtc:state', { sessionId, ...beat }),
      )
      if (ack) onBeatAck(null, ack)
      else if (socket.connected && socket.id === id) socket.disconnect().connect()
    },
  }
}

/** Passes on what concerns the session; returns the way to stop. */
export function listenToWire({ socket, sessionId, listener }: ListenParts): () => void {
  const ours = <P extends { sessionId: string }>(hear: (payload: P) => void) => {
    return (payload: P) => {
      if (payload.sessionId === sessionId) hear(payload)
    }
  }
  const peerJoined = ours(() => listener.peerJoined())
  const peerLeft = ours(() => listener.peerLeft())
  const described = (payload: { sessionId: string; description: Description }, confirm?: () => void) => {
    if (payload.sessionId !== sessionId) return
    confirm?.()
    listener.described(payload.description)
  }
  const candidate = ours((payload: { sessionId: string; candidate: Candidate | null }) =>
    listener.candidate(payload.candidate),
  )
  const asked = ours(() => listener.asked())
  const takenOver = ours(() => listener.takenOver())
  const ended = ({ session }: { session: { id: string } }) => {
    if (session.id === sessionId) listener.ended()
  }
  const online = () => listener.online()
  const offline = () => listener.offline()

  socket.on('connect', online).on('disconnect', offline)
  socket.on('peer:joined', peerJoined).on('peer:left', peerLeft)
  socket.on('offer', described).on('answer', described).on('ice-candidate', candidate)
  socket.on('rtc:ask', asked).on('session:taken-over', takenOver).on('session:ended', ended)
  return () => {
    socket.off('connect', online).off('disconnect', offline)
    socket.off('peer:joined', peerJoined).off('peer:left', peerLeft)
    socket.off('offer', described).off('answer', described).off('ice-candidate', candidate)
    socket.off('rtc:ask', asked).off('session:taken-over', takenOver).off('session:ended', ended)
  }
}

function isUnseated(ack: Ack | undefined): boolean {
  const code: ErrorCode = 'not_joined'
  return ack?.ok === false && ack.error.code === code
}
