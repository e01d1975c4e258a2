/** Tests the security headers of every response. */

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveServer, startLiveServer } from '../support/live-server.ts'
import { ask, startStrict, through } from './support.ts'

let standin: LiveServer
let strict: LiveServer

beforeAll(async () => {
  standin = await startLiveServer()
  strict = await startStrict({
    pageSettings: {
      supportEmail: 'help@example.com',
      mail: 'none',
      stripe: 'stripe',
      stripePublishableKey: 'pk_live_x',
    },
  })
})
afterAll(() => Promise.all([standin.stop(), strict.stop()]))

/** The headers of every response in production. */
const EVERYWHERE = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-permitted-cross-domain-policies': 'none',
}

const POLICY = {
  'default-src': "'none'",
  'script-src': "'self' https://js.stripe.com https://*.js.stripe.com",
  'style-src': "'self'",
  'font-src': "'self'",
  'img-src': "'self' data: blob: https://*.stripe.com",
  'media-src': "'self' blob:",
  'connect-src': "'self' wss://soulseer.app https://api.stripe.com",
  'frame-src': 'https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com',
  'manifest-src': "'self'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'self'",
  'require-trusted-types-for': "'script'",
  'trusted-types': 'default',
  'frame-ancestors': "'none'",
  'upgrade-insecure-requests': '',
}

const directives = (policy: unknown): Record<string, string> =>
  Object.fromEntries(
    String(policy)
      .split(';')
      .map((directive) => directive.trim().split(/ (.*)/s))
      .map(([name = '', value = '']) => [name, value]),
  )

describe('the header table', () => {
  const answers: [string, string, string, object][] = [
    ['a page', 'GET', '/', {}],
    ['a file', 'GET', '/style.css', {}],
    ['an answer', 'GET', '/settings', {}],
    ['the health', 'GET', '/healthz', {}],
    ['no login', 'GET', '/me', {}],
    ['nothing there', 'GET', '/nothing', {}],
    ['a wrong method', 'GET', '/login', {}],
    ['a bad body', 'POST', '/login', { body: '{' }],
    ['a move', 'GET', '/', { headers: { ...through(), host: 'www.soulseer.app' } }],
    [
      'another site',
      'POST',
      '/login',
      { headers: { ...through(), origin: 'https://evil.example' }, body: {} },
    ],
    ['a bad signature', 'POST', '/stripe/webhook', { body: {} }],
    ['a bad address', 'GET', '/%zz', {}],
  ]

  it.each(answers)('[C-6] holds for %s', async (_what, method, path, more) => {
    const answer = await ask(strict.url, method, path, { headers: through(), ...more })
    expect(answer.headers).toMatchObject(EVERYWHERE)
    expect(directives(answer.headers['content-security-policy'])).toEqual(POLICY)
    expect(answer.headers['x-powered-by']).toBeUndefined()
    expect(answer.headers.server).toBeUndefined()
    const permissions = String(answer.headers['permissions-policy'])
    expect(permissions).toContain('camera=(self), microphone=(self)')
    expect(permissions).toContain('payment=(self "https://js.stripe.com" "https://*.js.stripe.com")')
    expect(permissions).toContain('geolocation=()')
  })

  it('[X-6] nothing inline, nothing evaluated, no host by half a name but Stripe’s', async () => {
    for (const server of [standin, strict]) {
      const { headers } = await ask(server.url, 'GET', '/', { headers: through() })
      const policy = String(headers['content-security-policy'])
      expect(policy).not.toMatch(/unsafe|\*(?!\.js\.stripe\.com|\.stripe\.com)|http:(?!\/\/)/)
    }
  })

  it('names Stripe only where money is really taken', async () => {
    const { headers } = await ask(standin.url, 'GET', '/')
    expect(String(headers['content-security-policy'])).not.toContain('stripe')
    expect(headers['strict-transport-security']).toBeUndefined()
  })

  it.each(['/stripe-standin.js', '/stripe-standin.js.br', '/stripe-standin.js.gz'])(
    '%s is served by the stand-in alone',
    async (path) => {
      const headers = { ...through(), 'accept-encoding': 'br' }
      expect((await ask(strict.url, 'GET', path, { headers })).status).toBe(404)
      expect((await ask(strict.url, 'GET', path, { headers: through() })).status).toBe(404)
      expect((await ask(standin.url, 'GET', path, { headers })).status).toBe(200)
    },
  )

  it.each(['/me', '/readers', '/sessions', '/logins', '/check-balance', '/settings'])(
    '%s is kept in no cache',
    async (path) => {
      const { headers } = await ask(standin.url, 'GET', path)
      expect(headers['cache-control']).toBe('no-store')
    },
  )

  it('the pages themselves hold nothing that the policy would refuse', () => {
    for (const name of ['index', 'dashboard', 'session', 'history', 'payment', 'account', 'back', '404']) {
      const html = readFileSync(new URL(`../../public/${name}.html`, import.meta.url), 'utf8')
      expect(html, name).not.toMatch(/\son\w+=|\sstyle=|javascript:|<style|<script(?![^>]*\ssrc=)/i)
      expect(html, name).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    }
  })
})
