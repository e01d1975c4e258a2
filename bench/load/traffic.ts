/**
 * Relays messages at a pace or as fast as they are acknowledged, and times them until they reach
 * the other person.
 */
import { now, type Spread, spreadOf, within } from './figures.ts'
import type { Line } from './line.ts'

/** One end of a conversation. */
export interface Seat {
  readonly line: Line
  readonly sessionId: string
}

export interface Relayed {
  readonly sent: number
  readonly arrived: number
  readonly acknowledged: number
  readonly perSecond: number
  readonly latencyMs: Spread
}

export interface Traffic {
  /** Takes a message from a line; returns true if it belonged to the traffic. */
  hear(text: string): boolean
  /** Sends `perSecond` messages for so long, spread over the seats. */
  paced(seats: readonly Seat[], perSecond: number, seconds: number): Promise<Relayed>
  /** Sends as many as the server can take for so long, `inFlight` of them under way at any time. */
  saturated(seats: readonly Seat[], inFlight: number, seconds: number): Promise<Relayed>
}

const EVENT = '42["ice-candidate",'
const NUMBER_AFTER = '"candidate:'
const ACK = '43'
/** Acknowledgements with lower numbers are for others to read. */
export const FIRST_NUMBER = 1_000

const LET_ARRIVE_MS = 60_000 // only what never comes is waited for so long
const TURN_MS = 2
const STRIDE = 7_919 // a prime, so that every seat gets its turn and neighbours in time are far apart

export function createTraffic(): Traffic {
  let nextNumber = FIRST_NUMBER
  let sentAt: number[] = []
  let first = nextNumber
  let latencies: number[] = []
  let acknowledged = 0
  let onAck = () => {}

  const begin = (): void => {
    first = nextNumber
    sentAt = []
    latencies = []
    acknowledged = 0
    onAck = () => {}
  }

  const send = (seats: readonly Seat[]): void => {
    const seat = seats[(nextNumber * STRIDE) % seats.length]
    if (!seat) throw new Error('there is no seat to send from')
    const number = nextNumber++
    sentAt.push(now())
    seat.line.say(candidate(seat.sessionId, number))
  }

  /** Waits for what is still under way. */
  const finish = async (startedAt: number): Promise<Relayed> => {
    const seconds = (now() - startedAt) / 1000
    const sent = sentAt.length
    const perSecond = latencies.length / seconds
    await within(LET_ARRIVE_MS, () => latencies.length >= sent && acknowledged >= sent)
    return { sent, arrived: latencies.length, acknowledged, perSecond, latencyMs: spreadOf(latencies) }
  }

  return {
    hear(text) {
      if (text.startsWith(EVENT)) {
        const number = Number.parseInt(text.slice(text.indexOf(NUMBER_AFTER) + NUMBER_AFTER.length), 10)
        const at = sentAt[number - first]
        if (at !== undefined) latencies.push(now() - at)
        return true
      }
      if (!text.startsWith(ACK) || Number.parseInt(text.slice(ACK.length), 10) < first) return false
      if (text.includes('"ok":true')) acknowledged += 1
      onAck()
      return true
    },

    async paced(seats, perSecond, seconds) {
      begin()
      const startedAt = now()
      const total = perSecond * seconds
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          const due = Math.min(total, ((now() - startedAt) * perSecond) / 1000)
          while (sentAt.length < due) send(seats)
          if (sentAt.length < total) return
          clearInterval(timer)
          resolve()
        }, TURN_MS)
      })
      return finish(startedAt)
    },

    async saturated(seats, inFlight, seconds) {
      begin()
      const startedAt = now()
      const until = startedAt + seconds * 1000
      await new Promise<void>((resolve) => {
        onAck = () => (now() < until ? send(seats) : resolve())
        for (let count = 0; count < inFlight; count += 1) send(seats)
      })
      return finish(startedAt)
    },
  }
}

/** Returns a candidate as browsers make them, about 250 bytes on the wire. */
function candidate(sessionId: string, number: number): string {
  return (
    `42${number}["ice-candidate",{"sessionId":"${sessionId}","candidate":{"candidate":` +
    `"candidate:${number} 1 udp 2122260223 192.168.100.200 54321 typ host generation 0 ufrag Lq1x network-id 1",` +
    '"sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"Lq1x"}}]'
  )
}
