/**
 * Identifies a session description by its `o=` line, which names the connection that wrote it and
 * counts its descriptions. That is how a description of a closed connection, or one received twice,
 * is recognised without a field beyond the SDP.
 */
export interface Origin {
  /** Stays the same for the life of a peer connection. */
  readonly connection: string
  /** Grows with each description of the connection. */
  readonly version: number
}

// Browsers ignore unknown attributes, so a peer that neither writes nor reads this one works too.
const ANSWERS = 'a=x-soulseer-answers:'

/** Returns the origin of `sdp`; undefined when the line is missing. */
export function originOf(sdp: string): Origin | undefined {
  const match = /^o=\S+ (\d+) (\d+) /m.exec(sdp)
  if (!match?.[1]) return undefined
  return { connection: match[1], version: Number(match[2]) }
}

/** Returns the ICE user fragments in `sdp`: one for each transport. */
export function ufragsOf(sdp: string): Set<string> {
  return new Set(Array.from(sdp.matchAll(/^a=ice-ufrag:(\S+)/gm), (match) => match[1] ?? ''))
}

/** Returns the `sdp` of an `answer` with a line that names its offer. */
export function withAnswered(sdp: string, offer: Origin | undefined): string {
  return offer ? `${sdp}${ANSWERS}${offer.connection} ${offer.version}\r\n` : sdp
}

/** Returns the offer that an `answer` names; undefined when it names none. */
export function answeredBy(sdp: string): Origin | undefined {
  const match = /^a=x-soulseer-answers:(\d+) (\d+)/m.exec(sdp)
  if (!match?.[1]) return undefined
  return { connection: match[1], version: Number(match[2]) }
}

/** Returns the user fragment of a candidate; undefined when it has none. */
export function ufragOfCandidate(candidate: {
  candidate: string
  usernameFragment?: string | null | undefined
}): string | undefined {
  return candidate.usernameFragment ?? /\bufrag (\S+)/.exec(candidate.candidate)?.[1]
}
