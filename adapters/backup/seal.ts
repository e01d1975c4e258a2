/**
 * Signs what goes to the bucket in lines of JSON, so that someone else who can write there cannot
 * pass anything off as ours: the key is derived from DATA_KEY, which is not in the bucket.
 */
import { OperatorError } from '../../domain/errors.ts'
import { isObject } from '../store/journal/record.ts'

/** The part of the data key that signing takes. */
export interface SigningKey {
  /** Names of the keys, the first of which signs; they say nothing about them. */
  readonly fingerprints: readonly string[]
  /** Returns a token for `text`, made with the first key. */
  sign(purpose: string, text: string): string
  /** Checks such a token under any of the keys. */
  verifies(purpose: string, text: string, token: string): boolean
}

/**
 * An object in the bucket is not the one that this program put there. The message names the object and says
 * what to do.
 */
export class WrongInBucket extends OperatorError {
  override name = 'WrongInBucket'
}

const PURPOSE = 'backup-manifest'
const MAC = ',"mac":"'
const MAC_LENGTH = 43 // of 32 bytes in base64url
const SEAL_LENGTH = MAC.length + MAC_LENGTH + '"}\n'.length

/** Returns the object as a line that ends with its signature. */
export function signedLine(key: SigningKey, value: object): string {
  const body = JSON.stringify(value).slice(0, -1)
  return `${body}${MAC}${key.sign(PURPOSE, body)}"}\n`
}

/**
 * Returns the object of such a line. Without a key, the signature is not looked at. Throws {@link
 * WrongInBucket}, with the name of the object, for a line that is none of ours.
 */
export function readSigned(key: SigningKey | undefined, name: string, line: Buffer): Record<string, unknown> {
  const text = line.toString('utf8')
  const body = text.slice(0, -SEAL_LENGTH)
  const mac = text.slice(-SEAL_LENGTH + MAC.length, -'"}\n'.length)
  if (key && !key.verifies(PURPOSE, body, mac)) {
    throw new WrongInBucket(
      `${name} in the bucket is not signed with this DATA_KEY: it was changed, or written by someone else. ` +
        "Put its newest right version back from the bucket's versions, or remove it where it has none.",
    )
  }
  const value = parsed(text)
  if (!isObject(value) || value.v !== 1) {
    throw new WrongInBucket(`${name} in the bucket is not of a format that this program reads.`)
  }
  return value
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
