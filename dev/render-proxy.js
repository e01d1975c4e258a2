/**
 * Plays the proxies of Render: ends TLS, and forwards requests and sockets with the headers that
 * Cloudflare and Render's own proxy add. For tests and for a look at the site as it is in
 * production.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const EDGE_ADDRESS = '172.70.1.1' // one of Cloudflare's, as the second hop shows it

/**
 * Creates a certificate for `names` that only this machine has reason to trust. Needs the program
 * openssl.
 */
export function makeCertificate(/** @type {readonly string[]} */ names) {
  const dir = mkdtempSync(join(tmpdir(), 'soulseer-tls-'))
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`
  const asked = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ]
  const more = ['-subj', `/CN=${names[0]}`, '-addext', alternatives, '-keyout', key, '-out', cert]
  const made = spawnSync('openssl', [...asked, ...more], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr ?? made.error}`)
  const pair = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(dir, { recursive: true })
  return pair
}

/**
 * Listens for https and for plain http on loopback and passes everything on to `target`.
 * @param {{ target: string, names?: readonly string[], httpsPort?: number, httpPort?: number }} parts
 */
export async function startRenderProxy({
  target,
  names = ['soulseer.app', 'www.soulseer.app'],
  httpsPort = 0,
  httpPort = 0,
}) {
  const secure = https.createServer(makeCertificate(names))
  const plain = http.createServer()
  /** @type {Set<import('node:stream').Duplex>} */
  const lines = new Set()
  for (const [server, protocol] of /** @type {const} */ ([
    [secure, 'https'],
    [plain, 'http'],
  ])) {
    server.on('request', (req, res) => passRequest(target, protocol, req, res))
    server.on('upgrade', (req, line, head) => passUpgrade(target, protocol, req, line, head))
    server.on('connection', (line) => {
      lines.add(line)
      line.once('close', () => lines.delete(line))
    })
  }
  secure.listen(httpsPort, '127.0.0.1')
  plain.listen(httpPort, '127.0.0.1')
  await Promise.all([once(secure, 'listening'), once(plain, 'listening')])
  const portOf = (/** @type {http.Server} */ server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  }
  return {
    httpsPort: portOf(secure),
    httpPort: portOf(plain),
    async stop() {
      for (const line of lines) line.destroy()
      secure.close()
      plain.close()
      await Promise.all([once(secure, 'close'), once(plain, 'close')])
    },
  }
}

/**
 * @param {http.IncomingMessage} req
 * @param {string} protocol
 */
function forwarded(req, protocol) {
  const told = req.headers['x-forwarded-for']
  const hops = [told, req.socket.remoteAddress, EDGE_ADDRESS].filter((hop) => hop)
  return {
    ...req.headers,
    'x-forwarded-for': hops.join(', '),
    'x-forwarded-proto': protocol,
    'cf-ray': 'local-ray',
  }
}

/**
 * @param {string} target
 * @param {string} protocol
 * @param {http.IncomingMessage} req
 * @param {http.ServerResponse} res
 */
function passRequest(target, protocol, req, res) {
  const on = http.request(
    target + (req.url ?? '/'),
    { method: req.method, headers: forwarded(req, protocol) },
    (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    },
  )
  on.once('error', () =>
    res.headersSent ? res.destroy() : res.writeHead(502).end('The service is not there.'),
  )
  req.pipe(on)
}

/**
 * @param {string} target
 * @param {string} protocol
 * @param {http.IncomingMessage} req
 * @param {import('node:stream').Duplex} line
 * @param {Buffer} head
 */
function passUpgrade(target, protocol, req, line, head) {
  const on = http.request(target + (req.url ?? '/'), {
    method: req.method,
    headers: forwarded(req, protocol),
  })
  line.on('error', () => on.destroy())
  on.once('upgrade', (answer, onward, first) => {
    const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`)
    line.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('')}\r\n`)
    line.write(first)
    onward.write(head)
    onward.on('error', () => line.destroy())
    onward.pipe(line).pipe(onward)
    line.once('close', () => onward.destroy())
    onward.once('close', () => line.destroy())
  })
  on.once('response', (answer) => {
    line.end(`HTTP/1.1 ${answer.statusCode} Refused\r\nConnection: close\r\n\r\n`)
    answer.resume()
  })
  on.once('error', () => line.destroy())
  on.end()
}
