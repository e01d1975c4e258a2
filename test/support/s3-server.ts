/**
 * A store that speaks as much of S3 as backups need, and as strictly: it computes every signature
 * from the bytes of the request, by the rules of AWS Signature Version 4 and with nothing that the
 * client uses.
 */
import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export interface S3Server {
  readonly url: string
  readonly objects: Map<string, Buffer>
  /** The fault that occurs from now on; undefined for none. */
  trouble: Trouble | undefined
  /** Every request that was let in, as `PUT /bucket/name`. */
  readonly asked: string[]
  /** Waits until everything is carried out that has been asked, and what comes late of it. */
  settled(): Promise<void>
  stop(): Promise<void>
}

/** Counts what is still to be carried out. */
interface UnderWay {
  count: number
}

/** A fault of the store. */
export type Trouble =
  /** The connection breaks at the n-th request from now, once or at every one after it. */
  | { readonly kind: 'cut'; after: number; readonly forGood: boolean }
  /** There is room for so many bytes. */
  | { readonly kind: 'full'; readonly roomBytes: number }
  /** Every request is refused. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string }
  /** The store's clock is off by so much, and it refuses requests of another time. */
  | { readonly kind: 'clock'; readonly offByMs: number }
  /** The fate of each request is drawn by the function; the clock may be off as well. */
  | { readonly kind: 'drawn'; readonly offByMs?: number; draw(req: IncomingMessage): Mishap | undefined }

/**
 * Breaks off before the request is read, or in the middle of its body; stays silent; carries the
 * request out and breaks off, before the response or in the middle of it; carries it out once more
 * later; fails; refuses it; or carries it out later, when the client has given up.
 */
export type Mishap =
  | 'cut'
  | 'half'
  | 'silent'
  | 'unanswered'
  | 'torn'
  | 'repeated'
  | 'busy'
  | 'failed'
  | 'forbidden'
  | 'late'

export interface S3Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}

const FIRST_PAGE = 3 // names, so that there is more than one page
const PAGE = 1_000
const CLOCKS_DIFFER_MS = 15 * 60_000

const LATER_MS = 40 // a few requests later, where they follow each other at once

export async function startS3(keys: S3Keys): Promise<S3Server> {
  const objects = new Map<string, Buffer>()
  const asked: string[] = []
  const underWay: UnderWay = { count: 0 }
  const server = createServer((req, res) => {
    underWay.count += 1
    res.once('close', () => {
      underWay.count -= 1
    })
    const mishap = store.trouble?.kind === 'drawn' ? store.trouble.draw(req) : undefined
    const isEmpty = req.method === 'GET' || req.headers['content-length'] === '0' // without a half
    if (isCut(store) || mishap === 'cut' || (mishap === 'half' && isEmpty)) return void req.socket.destroy()
    if (mishap === 'half') return void req.once('data', () => req.socket.destroy())
    bodyOf(req).then(
      (body) => serve(store, keys, mishap, req, res, body, underWay),
      () => undefined, // the client broke off
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const store: S3Server = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    asked,
    trouble: undefined,
    settled: async () => {
      // A request that a process sent before its end is read in the next turns of the event loop.
      for (let turn = 0; turn < 3 || underWay.count > 0; turn += 1) await pause(5)
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return store
}

function serve(
  store: S3Server,
  keys: S3Keys,
  mishap: Mishap | undefined,
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer,
  underWay: UnderWay,
): void {
  const { trouble } = store
  const offByMs = (trouble?.kind === 'clock' || trouble?.kind === 'drawn' ? trouble.offByMs : 0) ?? 0
  if (offByMs !== 0) res.setHeader('date', new Date(Date.now() + offByMs).toUTCString())
  const refusal = refusalOf(store, mishap, wrongIn(req, body, keys, Date.now() + offByMs))
  if (refusal) {
    refuse(res, ...refusal)
    return
  }
  if (mishap === 'silent') return
  const carryOut = (answerTo: ServerResponse) => {
    store.asked.push(`${req.method} ${req.url}`)
    answer(store, req, answerTo, body)
  }
  const unheard = () => new ServerResponse(req)
  const later = () => {
    underWay.count += 1
    setTimeout(() => {
      carryOut(unheard())
      underWay.count -= 1
    }, LATER_MS)
  }
  if (mishap === 'late') {
    later()
    req.socket.destroy()
    return
  }
  if (mishap === 'repeated') later()
  if (mishap === 'unanswered') {
    carryOut(unheard())
    req.socket.destroy()
  } else if (mishap === 'torn') {
    carryOut(tornResponse(req, res))
  } else carryOut(res)
}

/** Returns a response that breaks off in the middle of its body. */
function tornResponse(req: IncomingMessage, res: ServerResponse): ServerResponse {
  res.end = (body?: unknown) => {
    const bytes = Buffer.from(body instanceof Buffer || typeof body === 'string' ? body : '')
    if (!res.headersSent) res.setHeader('content-length', bytes.length)
    if (bytes.length < 2) req.socket.destroy()
    else res.write(bytes.subarray(0, bytes.length >> 1), () => req.socket.destroy())
    return res
  }
  return res
}

function refusalOf(
  { trouble }: S3Server,
  mishap: Mishap | undefined,
  wrong: string | undefined,
): [status: number, code: string] | undefined {
  if (wrong) return [403, wrong]
  if (trouble?.kind === 'refused') return [trouble.status, trouble.code]
  if (mishap === 'busy') return [503, 'SlowDown']
  if (mishap === 'failed') return [500, 'InternalError']
  return mishap === 'forbidden' ? [403, 'AccessDenied'] : undefined
}

function isCut({ trouble }: S3Server): boolean {
  if (trouble?.kind !== 'cut') return false
  trouble.after -= 1
  return trouble.forGood ? trouble.after <= 0 : trouble.after === 0
}

function answer(store: S3Server, req: IncomingMessage, res: ServerResponse, body: Buffer): void {
  const { pathname, searchParams } = new URL(req.url ?? '', 'http://x')
  const found = store.objects.get(pathname)
  if (req.method === 'PUT') put(store, req, res, pathname, body)
  else if (searchParams.get('list-type') === '2') list(store, res, pathname, searchParams)
  else if (found) res.end(found)
  else refuse(res, 404, 'NoSuchKey')
}

function put(
  { objects, trouble }: S3Server,
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
  body: Buffer,
): void {
  const checksum = createHash('sha256').update(body).digest('base64')
  const held = () => [...objects.values()].reduce((sum, { length }) => sum + length, 0)
  const isFull = trouble?.kind === 'full' && held() + body.length > trouble.roomBytes
  if (req.headers['x-amz-checksum-sha256'] !== checksum) refuse(res, 400, 'BadDigest')
  else if (isFull) refuse(res, 507, 'InsufficientStorage')
  else {
    objects.set(path, body)
    res.end()
  }
}

function list({ objects }: S3Server, res: ServerResponse, bucket: string, query: URLSearchParams): void {
  const prefix = `${bucket}/${query.get('prefix') ?? ''}`
  const startAfter = query.get('start-after')
  const token = query.get('continuation-token')
  const after = token ?? (startAfter === null ? '' : `${bucket}/${startAfter}`)
  const rest = [...objects.keys()].filter((path) => path.startsWith(prefix) && path > after).sort()
  const page = rest.slice(0, token === null ? FIRST_PAGE : PAGE)
  const contents = page.map((path) => `<Contents><Key>${path.slice(bucket.length + 1)}</Key></Contents>`)
  const next =
    rest.length > page.length ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''
  res.end(`<?xml version="1.0"?><ListBucketResult>${contents.join('')}${next}</ListBucketResult>`)
}

function refuse(res: ServerResponse, status: number, code: string): void {
  res.writeHead(status).end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`)
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of req) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

/** Returns S3's word for what is wrong with the signature; undefined when nothing is. */
function wrongIn(req: IncomingMessage, body: Buffer, keys: S3Keys, now: number): string | undefined {
  const said =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      req.headers.authorization ?? '',
    )
  const [, credential = '', signed = '', signature = ''] = said ?? []
  const [keyId, day = '', region = '', service = '', end] = credential.split('/')
  const at = String(req.headers['x-amz-date'])
  const sentAt = Date.parse(at.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (keyId !== keys.accessKeyId) return 'InvalidAccessKeyId'
  if (region !== keys.region || service !== 's3' || end !== 'aws4_request')
    return 'AuthorizationHeaderMalformed'
  if (!at.startsWith(day) || !(Math.abs(now - sentAt) < CLOCKS_DIFFER_MS)) return 'RequestTimeTooSkewed'
  const ours = Object.keys(req.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'))
  if (ours.some((name) => !signed.split(';').includes(name))) return 'AccessDenied'
  const bodyHash = String(req.headers['x-amz-content-sha256'])
  if (bodyHash !== 'UNSIGNED-PAYLOAD' && bodyHash !== sha256(body)) return 'XAmzContentSHA256Mismatch'
  if (req.method === 'PUT' && bodyHash === 'UNSIGNED-PAYLOAD') return 'AccessDenied'
  const scope = [day, region, service, end].join('/')
  const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical(req, signed, bodyHash))].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${keys.secretAccessKey}`,
  )
  const expected = createHmac('sha256', key).update(text).digest('hex')
  return expected === signature ? undefined : 'SignatureDoesNotMatch'
}

function canonical(req: IncomingMessage, signed: string, bodyHash: string): string {
  const [path = '', query = ''] = (req.url ?? '').split('?')
  const encoded = (text: string) =>
    encodeURIComponent(decodeURIComponent(text.replaceAll('+', ' '))).replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  const pairs = query === '' ? [] : query.split('&').map((pair) => pair.split('=').map(encoded).join('='))
  const headers = signed.split(';').map((name) => `${name}:${String(req.headers[name]).trim()}\n`)
  const uri = path.split('/').map(encoded).join('/')
  return [req.method, uri, pairs.sort().join('&'), headers.join(''), signed, bodyHash].join('\n')
}

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')
