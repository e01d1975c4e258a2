/** Sends the tracks of one peer connection, and replaces them without negotiation. */
import type { SessionKind } from '../../../shared/protocol/session.ts'

/** Holds what is to be sent right now; a medium that is left out is not sent. */
export interface Outgoing {
  readonly audio?: MediaStreamTrack
  readonly video?: MediaStreamTrack
}
type Medium = keyof Outgoing

const MEDIA: Record<SessionKind, readonly Medium[]> = {
  video: ['audio', 'video'],
  voice: ['audio'],
  chat: [],
}

// A small picture that still shows a face, within what a slow network can carry beside the sound.
const SMALL = { maxBitrate: 250_000, maxFramerate: 15, scaleResolutionDownBy: 2 }
const FULL = { scaleResolutionDownBy: 1 }
const FIRST = { priority: 'high', networkPriority: 'high' } as const

interface SendersParts {
  peer: RTCPeerConnection
  kind: SessionKind
  /** Groups the tracks for programs that read streams. */
  group: MediaStream
  onError(error: unknown): void
}

export interface Senders {
  /** Adds a transceiver for every medium of the call, on the side that offers first. */
  prepare(): void
  /** Uses the transceivers that an offer created; comes before the `answer`. */
  match(): void
  /** Sends this from now on, without negotiation. */
  send(outgoing: Outgoing): void
  /** Limits the picture to what a slow network carries, or lifts the limit. */
  limit(isSlow: boolean): void
}

/**
 * Creates the senders of one connection. Both directions of every medium are negotiated at the
 * start, so that a device, a screen or nothing can replace a track at once.
 */
export function createSenders({ peer, kind, group, onError }: SendersParts): Senders {
  let outgoing: Outgoing = {}
  const sent = new Map<RTCRtpSender, MediaStreamTrack | null>()

  const placeOf = (medium: Medium) =>
    peer.getTransceivers().find(({ receiver, direction }) => {
      return receiver.track.kind === medium && direction !== 'stopped'
    })
  const fail = (error: unknown) => {
    if (peer.signalingState !== 'closed') onError(error)
  }
  const send = (next: Outgoing) => {
    outgoing = next
    for (const medium of MEDIA[kind]) {
      const sender = placeOf(medium)?.sender
      const track = outgoing[medium] ?? null
      if (!sender || (sent.get(sender) ?? null) === track) continue
      sent.set(sender, track)
      sender.replaceTrack(track).catch(fail)
    }
  }
  const limit = (isSlow: boolean) => {
    const audio = placeOf('audio')?.sender
    const video = placeOf('video')?.sender
    if (audio) void tune(audio, FIRST)
    if (video) void tune(video, isSlow ? SMALL : FULL)
  }
  const open = (medium: Medium) => peer.addTransceiver(medium, { direction: 'sendrecv', streams: [group] })

  return {
    prepare: () => {
      for (const medium of MEDIA[kind]) open(medium)
      send(outgoing)
    },
    match: () => {
      for (const medium of MEDIA[kind]) {
        const place = placeOf(medium) ?? open(medium)
        if (place.direction === 'sendrecv') continue
        place.direction = 'sendrecv'
        if ('setStreams' in place.sender) place.sender.setStreams(group)
      }
      send(outgoing)
    },
    send,
    limit,
  }
}

async function tune(sender: RTCRtpSender, wish: Partial<RTCRtpEncodingParameters>): Promise<void> {
  try {
    const parameters = sender.getParameters()
    for (const encoding of parameters.encodings) {
      delete encoding.maxBitrate
      delete encoding.maxFramerate
      Object.assign(encoding, wish)
    }
    await sender.setParameters(parameters)
  } catch {
    // Not every browser supports all of these parameters, and the call works without them.
  }
}
