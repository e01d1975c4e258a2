/**
 * Reads the addresses of STUN and TURN servers as browsers do (RFC 7064, RFC 7065). Opens no
 * socket.
 */

export type Transport = 'udp' | 'tcp' | 'tls'

/** One way to reach a server; an address may name several. */
export interface Way {
  readonly service: 'stun' | 'turn'
  readonly transport: Transport
  readonly host: string
  readonly port: number
}

const FORM = /^(stuns?|turns?):([\w.-]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/i
const [PLAIN_PORT, TLS_PORT] = [3478, 5349]
const MOST_PORT = 65_535

/**
 * Returns the ways that an address names: UDP and TCP for `turn:` without `?transport=`. Returns
 * none for an address that browsers refuse, or that names TLS over UDP, which they do not support.
 */
export function waysOf(url: string): Way[] {
  const [, scheme = '', host = '', port, transport] = FORM.exec(url) ?? []
  const isSecure = /s$/i.test(scheme)
  const service = /^turn/i.test(scheme) ? 'turn' : 'stun'
  const to = { service, host, port: Number(port ?? (isSecure ? TLS_PORT : PLAIN_PORT)) } as const
  if (host === '' || to.port === 0 || to.port > MOST_PORT) return []
  return transportsOf(service, isSecure, transport?.toLowerCase()).map((one) => ({ ...to, transport: one }))
}

function transportsOf(service: Way['service'], isSecure: boolean, named: string | undefined): Transport[] {
  // only a relay's address may name a transport
  if (service === 'stun' && named !== undefined) return []
  if (isSecure) return named === 'udp' ? [] : ['tls']
  if (service === 'stun') return ['udp']
  if (named === undefined) return ['udp', 'tcp']
  return [named === 'tcp' ? 'tcp' : 'udp']
}
