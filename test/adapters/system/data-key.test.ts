/** Tests the keys of DATA_KEY: what they sign and wrap, and what they refuse. */
import { createHmac, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createDataKey } from '../../../adapters/system/data-key.ts'

const [OLD, NEW] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] as const
const old = createDataKey([OLD])
const both = createDataKey([NEW, OLD])
const plain = Buffer.from('Ana Ortiz, 12 Elm Street')

describe('a signature', () => {
  it('is an HMAC-SHA-256 under a key derived from the first, in base64url', () => {
    const derived = Buffer.from(hkdfSync('sha256', NEW, '', 'soulseer sign mail', 32))
    const expected = createHmac('sha256', derived).update('m1').digest('base64url')
    expect(both.sign('mail', 'm1')).toBe(expected)
  })

  it('is of one purpose, one text and one key', () => {
    const token = old.sign('mail', 'm1')
    expect(old.verifies('mail', 'm1', token)).toBe(true)
    expect(old.verifies('mail', 'm2', token)).toBe(false)
    expect(old.verifies('undo', 'm1', token)).toBe(false)
    expect(createDataKey([NEW]).verifies('mail', 'm1', token)).toBe(false)
  })

  it('still holds after a new key was put first', () => {
    expect(both.verifies('mail', 'm1', old.sign('mail', 'm1'))).toBe(true)
    expect(both.sign('mail', 'm1')).not.toBe(old.sign('mail', 'm1'))
  })

  it('has one spelling: nothing shorter, longer or padded passes', () => {
    const token = old.sign('mail', 'm1')
    for (const odd of ['', 'x', token.slice(0, -1), `${token}=`, `${token}A`, ` ${token}`, `${token}!`]) {
      expect(old.verifies('mail', 'm1', odd)).toBe(false)
    }
  })
})

describe('what is wrapped', () => {
  it('comes back under the same purpose and context alone', () => {
    const wrapped = old.wrap('person', 'u1', plain)
    expect(old.unwrap('person', 'u1', wrapped)).toEqual(plain)
    expect(() => old.unwrap('person', 'u2', wrapped)).toThrow('no key of DATA_KEY')
    expect(() => old.unwrap('payout', 'u1', wrapped)).toThrow('no key of DATA_KEY')
    expect(() => createDataKey([NEW]).unwrap('person', 'u1', wrapped)).toThrow('no key of DATA_KEY')
  })

  it('comes back after a new key was put first, which wraps from then on', () => {
    expect(both.unwrap('person', 'u1', old.wrap('person', 'u1', plain))).toEqual(plain)
    expect(() => old.unwrap('person', 'u1', both.wrap('person', 'u1', plain))).toThrow('no key')
  })

  it('shows nothing, and is different every time', () => {
    const [a, b] = [old.wrap('person', 'u1', plain), old.wrap('person', 'u1', plain)]
    expect(a).not.toBe(b)
    expect(Buffer.from(a, 'base64url').includes('Elm')).toBe(false)
  })

  it('is refused with any bit flipped, and at any other length', () => {
    const wrapped = Buffer.from(old.wrap('person', 'u1', plain), 'base64url')
    for (let bit = 0; bit < wrapped.length * 8; bit += 1) {
      const flipped = Buffer.from(wrapped)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(() => old.unwrap('person', 'u1', flipped.toString('base64url'))).toThrow('no key')
    }
    for (let length = 0; length < wrapped.length; length += 1) {
      const cut = wrapped.subarray(0, length).toString('base64url')
      expect(() => old.unwrap('person', 'u1', cut)).toThrow('no key')
    }
  })
})

describe('a derived key', () => {
  it('is its purpose’s own, and the caller’s to change', () => {
    const key = old.derive('manifest')
    expect(key).toHaveLength(32)
    expect(old.derive('receipts')).not.toEqual(key)
    expect(createDataKey([NEW]).derive('manifest')).not.toEqual(key)
    key.fill(0)
    expect(old.derive('manifest')).not.toEqual(key)
  })
})

it('needs a key, of 32 bytes', () => {
  expect(() => createDataKey([])).toThrow('at least one key')
  expect(() => createDataKey([Buffer.alloc(31)])).toThrow('32 bytes')
})
