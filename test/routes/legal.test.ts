/** Tests the texts that anyone may read, and the foot that leads to them. */

import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SiteFacts } from '../../http/legal/facts.ts'
import { legalRoutes } from '../../routes/legal.ts'
import { TERMS_VERSION } from '../../shared/consent.ts'
import { DAY_MS } from '../../shared/time.ts'
import { ask } from '../security/support.ts'

const FACTS: SiteFacts = {
  owner: { name: 'Ada <Owner> & Sons', address: '1 Main Street' },
  supportEmail: 'help@example.com',
  partialMinute: 'prorated',
  feePercent: 0,
  freeMs: 0,
  graceMs: 60_000,
  ringMs: 45_000,
  icePolicy: 'relay',
}
const PATHS = ['/terms', '/privacy', '/refunds', '/help']
const stops: (() => void)[] = []

async function serve(facts: Partial<SiteFacts> = {}, now = Date.now()): Promise<string> {
  const router = legalRoutes({
    facts: { ...FACTS, ...facts },
    clock: { now: () => now },
    publicOrigin: 'https://soulseer.app',
  })
  const server = createServer(express().use(router)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  stops.push(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const get = (origin: string, path: string, headers: Record<string, string> = {}) =>
  ask(origin, 'GET', path, { headers: { connection: 'close', ...headers } })
const text = async (origin: string, path: string) => (await get(origin, path)).text
const plain = (markup: string) => markup.replace(/\s+/g, ' ').replaceAll('> <', '><').trim()

let origin = ''
beforeAll(async () => {
  origin = await serve()
})
afterAll(() => {
  for (const stop of stops) stop()
})

describe.each(PATHS)('%s', (path) => {
  it('is a whole page that needs no script, and is fetched again only when it has changed', async () => {
    const { headers, text: markup } = await get(origin, path)
    expect(headers['content-type']).toMatch('text/html')
    expect(markup.match(/<script[^>]*>/g)).toEqual(['<script src="/theme.js">'])
    expect(markup).not.toMatch(/\sstyle=|\son\w+=|undefined|\[object/)
    expect(await get(origin, path, { 'if-none-match': String(headers.etag) })).toMatchObject({ status: 304 })
  })

  it('leads only to pages and places that are there', async () => {
    const markup = await text(origin, path)
    const inside = [...markup.matchAll(/href="(\/[^"]*)"/g)].map(([, href]) => href ?? '')
    for (const href of inside.filter((href) => !/\.\w+$/.test(href))) {
      const [page = '', anchor] = href.split('#')
      expect([...PATHS, '/', '/account', '/dashboard', '/history']).toContain(page)
      if (anchor) expect(await text(origin, page)).toContain(`id="${anchor}"`)
    }
  })
})

describe('the texts', () => {
  it('say who runs the site, in letters and never as markup', async () => {
    for (const path of ['/terms', '/privacy', '/refunds']) {
      expect(await text(origin, path)).toContain('Ada &lt;Owner&gt; &amp; Sons, 1 Main Street')
    }
    const unknown = await serve({ owner: { name: undefined, address: undefined } })
    expect(await text(unknown, '/terms')).not.toContain('is run by')
  })

  it('name the day of the version that people accept', async () => {
    expect(TERMS_VERSION).toMatch(/^\d{4}-\d{2}-\d{2}$/)
    const day = new Date(TERMS_VERSION).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
    expect(await text(origin, '/terms')).toContain(`In force since ${day}.`)
  })

  it.each([
    [{ partialMinute: 'free' }, '/refunds', 'The unfinished minute at the end is free.'],
    [{ partialMinute: 'full' }, '/terms', 'the unfinished minute costs a whole one'],
    [{ freeMs: 15_000 }, '/refunds', 'within 15 seconds of connected time is free'],
    [{ feePercent: 15 }, '/terms', 'all but our share of 15 %'],
    [{ graceMs: 300_000 }, '/help', 'it waits for 5 minutes'],
    [{ icePolicy: 'relay' }, '/privacy', 'hides your network address'],
    [{ icePolicy: 'all' }, '/privacy', 'browser learns your network address'],
  ] as const)('say what the settings do: %j', async (facts, path, words) => {
    expect(await text(await serve(facts), path)).toContain(words)
  })
})

describe('the foot', () => {
  const files = readdirSync('public').filter((name) => name.endsWith('.html'))

  it.each(files)('is the same in %s', async (name) => {
    const [foot = ''] = /<footer[\s\S]*<\/footer>/.exec(await text(origin, '/help')) ?? []
    expect(foot).toContain('For entertainment purposes. 18 and older.')
    expect(plain(readFileSync(`public/${name}`, 'utf8'))).toContain(plain(foot))
  })
})

describe('what programs look for', () => {
  it('security.txt says whom to tell, and never lapses while the server runs', async () => {
    for (const years of [0, 3]) {
      const now = Date.parse('2026-11-29T12:34:56Z') + years * 365 * DAY_MS
      const lines = (await text(await serve({}, now), '/.well-known/security.txt')).split('\n')
      expect(lines).toContain('Contact: mailto:security@soulseer.app')
      expect(lines).toContain('Canonical: https://soulseer.app/.well-known/security.txt')
      const expires = lines.find((line) => line.startsWith('Expires: '))?.slice('Expires: '.length) ?? ''
      expect(expires).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect(Date.parse(expires)).toBeGreaterThan(now + 100 * DAY_MS)
      expect(Date.parse(expires)).toBeLessThan(now + 365 * DAY_MS)
    }
  })

  it('robots.txt keeps search engines off what belongs to one person', async () => {
    const robots = await text(origin, '/robots.txt')
    expect(robots).toMatch(/^User-agent: \*$/m)
    expect(robots).toMatch(/^Disallow: \/session\/$/m)
    expect(robots).not.toMatch(/^Disallow: \/$/m)
  })
})
