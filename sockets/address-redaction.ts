/**
 * Hides the two users' addresses from each other where calls go through the relay alone. Our pages
 * gather nothing else then; this is for a page that was changed.
 */
import type { Candidate, Description } from '../shared/protocol/socket.ts'

const NO_ADDRESS = { v4: '0.0.0.0', v6: '::' }
const NO_PORT = '9' // "discard", as RFC 8839 writes a port that is withheld
const BLANK = /^(0\.0\.0\.0|::|0|9)$/

/** Payloads that one page sends to the other by way of the server. */
export interface Relayed {
  offer: { sessionId: string; description: Description }
  answer: { sessionId: string; description: Description }
  'ice-candidate': { sessionId: string; candidate: Candidate | null }
}

/**
 * Returns what the other page may get: the same object if it holds no user's address, undefined for
 * nothing at all.
 */
export function withoutAddresses<E extends keyof Relayed>(
  event: E,
  payload: Relayed[E],
): Relayed[E] | undefined {
  return WITHOUT[event](payload)
}

const WITHOUT: { readonly [E in keyof Relayed]: (payload: Relayed[E]) => Relayed[E] | undefined } = {
  offer: describe,
  answer: describe,
  'ice-candidate': (payload) => {
    const { candidate } = payload
    // An empty one ends a round of gathering, null the whole of it.
    if (!candidate?.candidate) return payload
    const line = relayedLine(candidate.candidate)
    if (line === undefined) return undefined
    return line === candidate.candidate
      ? payload
      : { ...payload, candidate: { ...candidate, candidate: line } }
  },
}

function describe(payload: Relayed['offer']): Relayed['offer'] {
  const { description } = payload
  const sdp = relayedSdp(description.sdp)
  return sdp === description.sdp ? payload : { ...payload, description: { ...description, sdp } }
}

/**
 * Every kind of line end counts as one, so that none hides a line from us that the reader would
 * see.
 */
function relayedSdp(sdp: string): string {
  const pieces = sdp.split(/(\r\n|\r|\n)/)
  let told = ''
  for (let at = 0; at < pieces.length; at += 2) {
    const line = pieces[at] ?? ''
    const kept = relayedSdpLine(line)
    if (kept !== undefined) told += kept + (pieces[at + 1] ?? '')
  }
  return told
}

function relayedSdpLine(line: string): string | undefined {
  const name = /^\s*(?:a=[a-z-]+|[a-z]=)/i.exec(line)?.[0].trim().toLowerCase()
  if (name === undefined) return line
  if (name === 'a=candidate') return relayedLine(line)
  // Said by the side that leads, of the pairs that it chose: addresses of both.
  if (name === 'a=remote-candidates') return undefined
  return ADDRESSED.has(name) ? line.replace(ADDRESS, blankAddress) : line
}

/** Lines that name one address; browsers that trickle fill in none, and need none. */
const ADDRESSED: ReadonlySet<string> = new Set(['o=', 'c=', 'a=rtcp'])
const ADDRESS = /\bIN\s+IP([46])\s+(\S+)/gi

const blankAddress = (found: string, version: string, address: string): string =>
  isNobodys(address) ? found : `IN IP${version} ${version === '6' ? NO_ADDRESS.v6 : NO_ADDRESS.v4}`

/** Checks for the placeholders that browsers write instead of an address. */
const isNobodys = (address: string): boolean => BLANK.test(address) || address === '127.0.0.1'

/**
 * `foundation component transport priority address port "typ" type`, then pairs of a name and a
 * value (RFC 8839, section 5.1). Any other form is dropped.
 */
function relayedLine(line: string): string | undefined {
  if (!/^(a=)?candidate:[ -~]+$/i.test(line)) return undefined
  const words = line.split(' ')
  if (words.length % 2 !== 0 || words.includes('')) return undefined
  if (words[6]?.toLowerCase() !== 'typ' || words[7]?.toLowerCase() !== 'relay') return undefined
  return words.map((word, at) => blankRelated(word, at % 2 === 1 ? words[at - 1] : undefined)).join(' ')
}

/** A relay candidate's related address is its owner's own. */
function blankRelated(value: string, name: string | undefined): string {
  if (BLANK.test(value)) return value
  if (name?.toLowerCase() === 'raddr') return value.includes(':') ? NO_ADDRESS.v6 : NO_ADDRESS.v4
  return name?.toLowerCase() === 'rport' ? NO_PORT : value
}
