/**
 * Uploads, downloads and lists objects, with their checksums, in a bucket of any store that has
 * S3's API.
 */
import { createHash } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'

export interface BucketSettings {
  /**
   * The bucket, with a folder in it if wanted, such as
   * https://s3.eu-central-1.amazonaws.com/soulseer/backups
   */
  readonly url: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface Bucket {
  /**
   * Uploads the file at `path`, whose SHA-256 the store compares with what arrived. Throws {@link
   * BucketFailure}.
   */
  put(name: string, path: string, sha256: Buffer): Promise<void>
  /** Uploads bytes, in the same way. Throws {@link BucketFailure}. */
  putBytes(name: string, bytes: Buffer): Promise<void>
  /**
   * Hands the bytes of an object to `take`, and from the beginning to another call of it where the
   * download broke off. Throws {@link BucketFailure}, also where there is no such object, and what
   * `take` throws.
   */
  get<T>(name: string, take: Take<T>): Promise<T>
  /** Downloads a small object as a whole; undefined where there is none. Throws {@link BucketFailure}. */
  read(name: string): Promise<Buffer | undefined>
  /**
   * Returns the names that begin with `prefix`, in order; with `after`, only those beyond that
   * name. Throws {@link BucketFailure}.
   */
  list(prefix: string, after?: string): Promise<string[]>
}

type Take<T> = (bytes: AsyncIterable<Uint8Array>) => Promise<T>

/** The store refused a request, with its reason, or could not be reached. */
export class BucketFailure extends Error {
  override name = 'BucketFailure'
  /** The status of a refusal; undefined where the store could not be reached. */
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}

const FIRST_PAUSE_MS = 250

/** Bounds the number of tries of a request, and the time of one. */
export interface Patience {
  readonly tries: number
  readonly longestMs: number
}

/** Waits for a large object on a slow line. */
const PATIENT: Patience = { tries: 4, longestMs: 10 * 60_000 }

/** A failure whose cause is a clock that is wrong, ours or the store's. */
const SKEWED = 'RequestTimeTooSkewed'

export function openBucket(settings: BucketSettings, patience: Patience = PATIENT): Bucket {
  const { url, region, accessKeyId, secretAccessKey } = settings
  const base = new URL(url.endsWith('/') ? url : `${url}/`)
  const [bucket = '', ...folders] = base.pathname.slice(1).split('/')
  const folder = decodeURIComponent(folders.join('/'))
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3' })
  const addressOf = (name: string) => new URL(name, base)

  const ask = createAsker(client, patience)

  /** Calls `take` with every page of a listing. */
  const eachListPage = async (query: Record<string, string>, take: (xml: string) => void): Promise<void> => {
    let token: string | undefined
    do {
      const address = new URL(`/${bucket}`, base)
      address.searchParams.set('list-type', '2')
      for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value)
      if (token !== undefined) address.searchParams.set('continuation-token', token)
      const text = (await ask(address, {}, gather)).toString('utf8')
      take(text)
      token = valuesOf(text, 'NextContinuationToken')[0]
    } while (token !== undefined)
  }

  const upload = async (
    name: string,
    body: Blob | Uint8Array<ArrayBuffer>,
    sha256: Buffer,
  ): Promise<void> => {
    const headers = {
      'x-amz-content-sha256': sha256.toString('hex'),
      'x-amz-checksum-sha256': sha256.toString('base64'),
    }
    await ask(addressOf(name), { method: 'PUT', headers, body }, gather)
  }

  return {
    put: async (name, path, sha256) => upload(name, await openAsBlob(path), sha256),
    putBytes: (name, bytes) =>
      upload(name, Uint8Array.from(bytes), createHash('sha256').update(bytes).digest()),
    get: (name, take) => ask(addressOf(name), {}, take),

    async read(name) {
      try {
        return await ask(addressOf(name), {}, gather)
      } catch (error) {
        if (error instanceof BucketFailure && error.status === 404) return undefined
        throw error
      }
    },

    async list(prefix, after) {
      const names: string[] = []
      const query = { prefix: `${folder}${prefix}`, ...(after && { 'start-after': `${folder}${after}` }) }
      await eachListPage(query, (text) => {
        names.push(...valuesOf(text, 'Key').map((key) => key.slice(folder.length)))
      })
      return names
    },
  }
}

type Ask = <T>(address: URL, init: RequestInit, take: Take<T>) => Promise<T>

/**
 * Creates the function that makes a request, again where it may pass the next time. It rejects with
 * {@link BucketFailure}.
 */
function createAsker(client: AwsClient, patience: Patience): Ask {
  let clockIsOffMs = 0

  const send = async (address: URL, init: RequestInit): Promise<Response> => {
    try {
      const datetime = new Date(Date.now() + clockIsOffMs).toISOString().replace(/[:-]|\.\d{3}/g, '')
      const request = await client.sign(address, { ...init, aws: { datetime } })
      // Not in the signed request: Node may free that one, and then the signal reaches no one.
      return await fetch(request, { signal: AbortSignal.timeout(patience.longestMs) })
    } catch (error) {
      throw new BucketFailure(`the bucket could not be reached: ${reasonOf(error)}`)
    }
  }

  /** Takes over the store's clock where it refuses ours. Returns whether that changes anything. */
  const believeClockOf = ({ headers }: Response, code: string): boolean => {
    const theirs = Date.parse(headers.get('date') ?? '')
    if (code !== SKEWED || !(Math.abs(theirs - Date.now() - clockIsOffMs) > 60_000)) return false
    clockIsOffMs = theirs - Date.now()
    return true
  }

  return async (address, init, take) => {
    for (let tried = 1; ; tried += 1) {
      try {
        const response = await send(address, init)
        if (response.ok) return await take(bytesOf(response))
        const code = codeIn((await gather(bytesOf(response))).toString('utf8'), response.statusText)
        if (believeClockOf(response, code)) continue
        throw new BucketFailure(
          `the bucket refused ${address.pathname}: ${response.status} ${code}`,
          response.status,
        )
      } catch (error) {
        if (!(error instanceof BucketFailure) || !mayPass(error) || tried >= patience.tries) throw error
      }
      await pause(FIRST_PAUSE_MS * 2 ** (tried - 1))
    }
  }
}

function mayPass({ status }: BucketFailure): boolean {
  return status === undefined || status >= 500 || status === 429
}

async function* bytesOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  const next = () =>
    reader?.read().catch((error: unknown) => {
      throw new BucketFailure(`the bucket broke off its response: ${reasonOf(error)}`)
    })
  try {
    for (let piece = await next(); piece?.value !== undefined; piece = await next()) yield piece.value
  } finally {
    await reader?.cancel().catch(() => undefined) // what take left unread
  }
}

async function gather(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Returns the texts of an element that holds nothing but text. */
function valuesOf(xml: string, element: string): string[] {
  const found = xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))
  return Array.from(found, ([, text = '']) => plain(text))
}

const plain = (text: string): string => text.replaceAll('&amp;', '&')

function codeIn(xml: string, otherwise: string): string {
  return valuesOf(xml, 'Code')[0] ?? otherwise
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
