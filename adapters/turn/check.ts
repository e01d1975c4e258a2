/**
 * Tries STUN and TURN servers as a browser would, and reports in words what works, and what to fix
 * where something does not.
 */
import type { IceServerView } from '../../shared/protocol/socket.ts'
import { codeOf } from '../store/disk/error-code.ts'
import type { TurnLogin } from '../system/ice-servers.ts'
import { type Way, waysOf } from './addresses.ts'
import { createTurnClient, type SeatLogin, type TurnClient } from './client.ts'
import { openLine } from './connection.ts'

export interface Finding {
  readonly works: boolean
  /** One line that names the address, and its state. */
  readonly text: string
}

const works = (text: string): Finding => ({ works: true, text })
const fails = (text: string): Finding => ({ works: false, text })

/**
 * Checks every address of `servers`, all at once, in every way that it names, and takes `limitMs`
 * for each at most. `login` is how the relay knows us, for the words alone. Never rejects for what
 * a server does or does not do.
 */
export async function checkServers(parts: {
  servers: readonly IceServerView[]
  login: TurnLogin | undefined
  limitMs: number
}): Promise<Finding[]> {
  const { servers, login, limitMs } = parts
  const findings = servers.flatMap(({ urls, username, credential }) => {
    const seat = username === undefined || credential === undefined ? undefined : { username, credential }
    return [urls].flat().flatMap((url): (Finding | Promise<Finding>)[] => {
      const ways = waysOf(url)
      if (ways.length === 0) return [fails(`${url}: ${NO_ADDRESS}`)]
      return ways.map(async (way) => {
        const finding = await checkWay({ way, seat, login, limitMs })
        return { ...finding, text: `${url} over ${way.transport.toUpperCase()}: ${finding.text}` }
      })
    })
  })
  return Promise.all(findings)
}

const NO_ADDRESS =
  'is no address that browsers take. Write stun:NAME:PORT, turn:NAME:PORT?transport=udp (or tcp), or turns:NAME:PORT?transport=tcp.'

async function checkWay(parts: {
  way: Way
  seat: SeatLogin | undefined
  login: TurnLogin | undefined
  limitMs: number
}): Promise<Finding> {
  const { way, seat, login, limitMs } = parts
  try {
    const line = await openLine(way, AbortSignal.timeout(limitMs))
    try {
      const client = createTurnClient(line, seat)
      return way.service === 'stun' ? await checkStun(client) : await checkRelay(client, login)
    } finally {
      line.close()
    }
  } catch (error) {
    return fails(wordsForFailure(codeOf(error), way))
  }
}

async function checkStun(client: TurnClient): Promise<Finding> {
  const { refusal, address } = await client.bind()
  if (refusal !== undefined || !address) return fails(`responds without our address (${refusal ?? 'none'}).`)
  return works(`works, sees us at ${address.ip}`)
}

async function checkRelay(client: TurnClient, login: TurnLogin | undefined): Promise<Finding> {
  const { refusal, address } = await client.allocate()
  if (refusal !== undefined) return fails(wordsForRefusal(refusal, login))
  if (!address) return fails('gives an address that cannot be read.')
  // In a call that goes through the relay alone the other person is at the relay, too.
  const permission = await client.permit(address)
  const release = await client.release()
  if (permission.refusal !== undefined) {
    return fails(
      `relays from ${address.ip}, but passes nothing to that address itself (${permission.refusal}), where the other person ` +
        'of a call is. Allow it: allowed-peer-ip in coturn’s settings.',
    )
  }
  if (release.refusal !== undefined) {
    return fails(`relays from ${address.ip}, but does not take the address back (${release.refusal}).`)
  }
  return works(`works, relays from ${address.ip}`)
}

/** Returns what a relay's refusal means, and what to do about it. */
export function wordsForRefusal(code: number, login: TurnLogin | undefined): string {
  if (code !== 401) return REFUSALS[code] ?? `refuses (${code}).`
  if (login === undefined) return 'wants a login (401). Set TURN_SECRET, or TURN_USERNAME and TURN_PASSWORD.'
  return 'secret' in login
    ? "refuses our login (401). TURN_SECRET must be the relay's static-auth-secret, and both machines' clocks right."
    : 'refuses our login (401). TURN_USERNAME and TURN_PASSWORD must be those that the provider gave.'
}

const REFUSALS: Record<number, string> = {
  300: 'sends its clients to another address (300). Put that one in TURN_URLS.',
  400: 'does not understand us (400). Is it a TURN server?',
  403: 'refuses this machine (403).',
  437: 'says that we have an address there already (437). Try again.',
  438: 'calls every nonce of its own stale (438). Is its clock right?',
  441: 'says that another client has our address there (441). Try again.',
  442: 'does not relay UDP (442).',
  486: 'has given this login all that its quota allows (486). Try again later, or raise the quota: user-quota in coturn’s settings.',
  500: 'has a fault of its own (500). Its log says more.',
  508: 'has no room left (508). More ports (min-port, max-port), or a larger total-quota in coturn’s settings.',
}

/** Returns what a failure to reach the server means, and what to do about it. `code` is Node's. */
export function wordsForFailure(code: string, way: Way): string {
  const certificate = CERTIFICATES[code]
  if (certificate !== undefined) return `its certificate ${certificate}`
  switch (code) {
    case 'ENOTFOUND':
      return `there is no ${way.host} in the DNS. Check the spelling and the name's A record.`
    case 'EAI_AGAIN':
    case 'NAME_UNANSWERED':
      return 'the DNS did not respond. Is this machine connected?'
    case 'ECONNREFUSED':
      return `nothing listens at ${portOf(way)}. Is the server running, and is this its port?`
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return 'there is no way from this machine to that address.'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for another name than ${way.host}.`
    case 'NOT_STUN':
      return `the server at ${portOf(way)} is no ${way.service.toUpperCase()} server.`
    case 'UNREACHED':
      return `no response. Open ${portOf(way)} in the firewall of the server${way.transport === 'udp' ? ' (or the network here lets no UDP out)' : ''}, and see that it is running.`
    case 'UNANSWERED':
      return `${portOf(way)} takes the connection and then says nothing. ${HANDSHAKE[way.transport]}`
    case 'CLOSED':
    case 'ECONNRESET':
      return `${portOf(way)} hangs up without a response. ${HANDSHAKE[way.transport]}`
    default:
      if (/^(ERR_SSL|EPROTO)/.test(code)) return `${portOf(way)} does not speak TLS as browsers do (${code}).`
      return `does not work (${code || 'for an unknown reason'}).`
  }
}

const CERTIFICATES: Record<string, string> = {
  CERT_HAS_EXPIRED: 'has expired. Renew it, and restart the relay.',
  CERT_NOT_YET_VALID: 'is not valid yet. Are the clocks of both machines right?',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is its own issuer, which no browser trusts. Get one from an ACME issuer.',
  SELF_SIGNED_CERT_IN_CHAIN: 'comes from an issuer that no browser trusts. Get one from an ACME issuer.',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'comes from an issuer that is not known here. Is the chain whole (fullchain.pem)?',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'comes without its issuer’s. Give the relay the whole chain (fullchain.pem).',
}

/** Things to check where a server takes the connection and no more. */
const HANDSHAKE = {
  udp: 'Is it a TURN server?',
  tcp: 'Is it a TURN server?',
  tls: 'Has the server a certificate and its key (cert, pkey), and is this its port for TLS?',
}

const portOf = ({ transport, port }: Way): string => `${transport === 'udp' ? 'UDP' : 'TCP'} port ${port}`
