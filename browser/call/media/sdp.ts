/**
 * What a session description says about itself. Its `o=` line names the connection that wrote it and counts its
 * descriptions, which is how a description of a connection that is gone, or one heard twice, is recognised
 * without any field beyond the SDP.
 */
export interface Origin {
  /** One value for the life of a peer connection. */
  readonly connection: string
  /** Grows with each description that the connection makes. */
  readonly version: number
}

// Unknown attributes are ignored by every browser, so a peer that does not write or read this one works too.
const ANSWERS = 'a=x-soulseer-answers:'

/** Who wrote `sdp`, and as which of its descriptions; undefined when the line is missing. */
export function originOf(sdp: string): Origin | undefined {
  const match = /^o=\S+ (\d+) (\d+) /m.exec(sdp)
  if (!match?.[1]) return undefined
  return { connection: match[1], version: Number(match[2]) }
}

/** The names under which the writer of `sdp` can be reached: one for each transport. */
export function ufragsOf(sdp: string): Set<string> {
  return new Set(Array.from(sdp.matchAll(/^a=ice-ufrag:(\S+)/gm), (match) => match[1] ?? ''))
}

/** `sdp` of an answer, with a line that names the offer it answers. */
export function withAnswered(sdp: string, offer: Origin | undefined): string {
  return offer ? `${sdp}${ANSWERS}${offer.connection} ${offer.version}\r\n` : sdp
}

/** The offer that an answer names; undefined when it names none. */
export function answeredBy(sdp: string): Origin | undefined {
  const match = /^a=x-soulseer-answers:(\d+) (\d+)/m.exec(sdp)
  if (!match?.[1]) return undefined
  return { connection: match[1], version: Number(match[2]) }
}

/** The ufrag that a candidate belongs to; undefined when it does not say. */
export function ufragOfCandidate(candidate: {
  candidate: string
  usernameFragment?: string | null | undefined
}): string | undefined {
  return candidate.usernameFragment ?? /\bufrag (\S+)/.exec(candidate.candidate)?.[1]
}
