/** Sends and receives one session's messages over the page's socket. */
import type { ErrorCode } from '../../shared/protocol/errors.ts'
import type { Ack, BeatAck, Candidate, Description, JoinAck, RtcBeat } from '../../shared/protocol/socket.ts'
import type { CallEnvironment, CallSocket } from './types.ts'

/** Holds what a page reports of the call. */
export type Beat = Omit<RtcBeat, 'sessionId'>

// A server that has not replied by then will not: another try serves the user better.
const ANSWER_MS = 5_000
// After a sleep the user is waiting, and a living socket replies in a fraction of this.
const ALIVE_MS = 3_000

/** Takes what the server or the other page sends about this one session. */
export interface SignalingListener {
  /** Runs when the socket is up: a seat must be requested, even if it was ours before. */
  online(): void
  offline(): void
  peerJoined(): void
  peerLeft(): void
  described(description: Description): void
  candidate(candidate: Candidate | null): void
  /** Runs when the server waits for our report. */
  asked(): void
  /**
   * Takes how much connected time both pages have proven; undefined from a server that does not
   * say.
   */
  proven(provenMs: number | undefined): void
  takenOver(): void
  ended(): void
  /** Runs when the server does not know us as a person in this session. */
  unseated(): void
}

export interface SignalingChannel {
  isOnline(): boolean
  /**
   * Requests the seat; resolves with undefined when no reply came in time. `again`: it was ours
   * before.
   */
  join(again: boolean): Promise<Ack<JoinAck> | undefined>
  describe(description: Description): void
  candidate(candidate: Candidate | null): void
  /** Reports; calls `onTaken` once the server has accepted it. */
  report(beat: Beat, onTaken?: () => void): void
  /**
   * Reports, and opens a new socket when the old one, which may have died in a sleep, brings no
   * reply.
   */
  check(beat: Beat): void
  /** Reconnects to our server at once, because the other page has. */
  hurry(): void
}

interface ListenParts {
  socket: CallSocket
  sessionId: string
  listener: SignalingListener
}

interface SignalingParts extends ListenParts {
  /** An id of this tab that stays the same over all its connections to the server. */
  tab: string
  after: CallEnvironment['after']
}

/**
 * Creates one session's share of the socket. It sends nothing while the socket is down, because a
 * stale message does harm.
 */
export function createSignalingChannel({
  socket,
  sessionId,
  tab,
  after,
  listener,
}: SignalingParts): SignalingChannel {
  const onAck = (error: Error | null, ack: Ack | undefined) => {
    if (!error && isUnseated(ack)) listener.unseated()
  }
  const onBeatAck = (error: Error | null, ack: Ack<BeatAck> | undefined, onTaken?: () => void) => {
    if (error) return
    if (!ack?.ok) return onAck(error, ack)
    onTaken?.()
    listener.proven(ack.provenMs)
  }
  const said = () => socket.timeout(ANSWER_MS)
  /**
   * Resolves with undefined when a promise is late. The socket's own timers are held back in hidden
   * pages.
   */
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
      within(ANSWER_MS, said().emitWithAck('session:join', { sessionId, page: tab, again, confirms: true })),
    describe: (description) => {
      if (!socket.connected) return
      if (description.type === 'offer') said().emit('offer', { sessionId, description }, onAck)
      else said().emit('answer', { sessionId, description }, onAck)
    },
    candidate: (candidate) => {
      if (socket.connected) said().emit('ice-candidate', { sessionId, candidate }, onAck)
    },
    report: (beat, onTaken) => {
      if (!socket.connected) return
      said().emit('rtc:state', { sessionId, ...beat }, (error, ack) => onBeatAck(error, ack, onTaken))
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

/** Passes on what concerns the session; returns a function that stops it. */
export function listenToSignaling({ socket, sessionId, listener }: ListenParts): () => void {
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
