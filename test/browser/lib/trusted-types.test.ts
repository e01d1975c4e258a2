/** Tests which scripts a page may load. */
import { describe, expect, it } from 'vitest'
import { allowedScript } from '../../../browser/lib/trusted-types.ts'

const HERE = 'https://soulseer.app/dashboard'

describe('a script that something on the page wants to load', () => {
  it.each([
    '/worker.js',
    '/stripe-standin.js',
    'https://soulseer.app/client.js',
    'https://js.stripe.com/endive/stripe.js',
    'https://m.js.stripe.com/inner.js',
  ])('%s may be', (address) => {
    expect(allowedScript(address, HERE)).toBe(address)
  })

  it.each([
    'https://evil.example/x.js',
    'http://js.stripe.com/x.js',
    'https://js.stripe.com.evil.example/x.js',
    'https://evil-js.stripe.com/x.js',
    'https://stripe.com/x.js',
    '//evil.example/x.js',
    'data:text/javascript,1',
    'blob:https://soulseer.app/1',
    'javascript:1',
    'https://soulseer.app:8443/x.js',
  ])('%s may not', (address) => {
    expect(() => allowedScript(address, HERE)).toThrow(TypeError)
  })
})
