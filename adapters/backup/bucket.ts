/**
 * Uploads, downloads and lists objects, with their checksums, in a bucket of any store that has
 * S3's API.
 */
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
  /** Downloads an object. Throws {@link BucketFailure}, also where there is no such object. */
  get(name: string): Promise<Response>
  /** Returns the names that begin with `prefix`. Throws {@link BucketFailure}. */
  list(prefix: string): Promise<string[]>
}

/** The store refused a request, with its reason, or could not be reached. */
export class BucketFailure extends Error {
  override name = 'BucketFailure'
}

const TRIES = 4
const FIRST_PAUSE_MS = 250
const LONGEST_MS = 10 * 60_000 // for one object, however slow the line

export function openBucket({ url, region, accessKeyId, secretAccessKey }: BucketSettings): Bucket {
  const base = new URL(url.endsWith('/') ? url : `${url}/`)
  const [bucket = '', ...folders] = base.pathname.slice(1).split('/')
  const folder = folders.join('/')
  // Retries are made here, where a broken connection counts like a store that is busy.
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 0 })
  const addressOf = (name: string) => new URL(name, base)

  const once = async (address: URL, init: RequestInit): Promise<Response | BucketFailure> => {
    try {
      const signal = AbortSignal.timeout(LONGEST_MS)
      return await client.fetch(address, { ...init, signal })
    } catch (error) {
      return new BucketFailure(`the bucket could not be reached: ${reasonOf(error)}`)
    }
  }

  const ask = async (address: URL, init: RequestInit = {}): Promise<Response> => {
    for (let tried = 1; ; tried += 1) {
      const answer = await once(address, init)
      if (answer instanceof Response && answer.ok) return answer
      const mayPass = answer instanceof BucketFailure || answer.status >= 500 || answer.status === 429
      if (!mayPass || tried === TRIES) throw await failureOf(answer, address)
      await pause(FIRST_PAUSE_MS * 2 ** (tried - 1))
    }
  }

  const listPageUrl = (prefix: string, token: string | undefined): URL => {
    const address = new URL(`/${bucket}`, base)
    address.searchParams.set('list-type', '2')
    address.searchParams.set('prefix', `${folder}${prefix}`)
    if (token !== undefined) address.searchParams.set('continuation-token', token)
    return address
  }

  return {
    async put(name, path, sha256) {
      const headers = {
        'x-amz-content-sha256': sha256.toString('hex'),
        'x-amz-checksum-sha256': sha256.toString('base64'),
      }
      const body = await openAsBlob(path)
      const { body: said } = await ask(addressOf(name), { method: 'PUT', headers, body })
      await said?.cancel()
    },

    get: (name) => ask(addressOf(name)),

    async list(prefix) {
      const names: string[] = []
      let token: string | undefined
      do {
        const text = await (await ask(listPageUrl(prefix, token))).text()
        names.push(...valuesOf(text, 'Key').map((key) => key.slice(folder.length)))
        token = valuesOf(text, 'NextContinuationToken')[0]
      } while (token !== undefined)
      return names
    },
  }
}

/** Returns the texts of an element that holds nothing but text. */
function valuesOf(xml: string, element: string): string[] {
  return [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, text = '']) =>
    text.replaceAll('&amp;', '&'),
  )
}

async function failureOf(answer: Response | BucketFailure, address: URL): Promise<BucketFailure> {
  if (answer instanceof BucketFailure) return answer
  const code = valuesOf(await answer.text(), 'Code')[0] ?? answer.statusText
  return new BucketFailure(`the bucket refused ${address.pathname}: ${answer.status} ${code}`)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
