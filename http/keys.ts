/**
 * Keys made from the one secret, so that what is signed for one use counts for nothing in another.
 */
import { createHmac } from 'node:crypto'

export type KeyUse = 'device cookie' | 'visitor cookie' | 'household pseudonym' | 'network of a login'

/** Returns the key for `use`, of 32 bytes. */
export function keyFor(secret: string, use: KeyUse): Buffer {
  return createHmac('sha256', secret).update(`key for ${use}`).digest()
}
