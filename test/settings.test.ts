import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../config.ts'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

const settings = [...read('config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, key = '']) => key)
// Set by whoever runs the process, not by the operator of SoulSeer.
const ELSEWHERE = ['NODE_ENV']

describe('every setting', () => {
  it('is in the README’s table', () => {
    const table = read('README.md')
    const missing = settings.filter((key) => !ELSEWHERE.includes(key) && !table.includes(`\`${key}\``))
    expect(settings.length).toBeGreaterThan(20)
    expect(missing).toEqual([])
  })

  it('in .env.example is one that the server reads', () => {
    const offered = [...read('.env.example').matchAll(/^([A-Z][A-Z_]+)=/gm)].map(([, key = '']) => key)
    expect(offered.length).toBeGreaterThan(5)
    expect(offered.filter((key) => !settings.includes(key))).toEqual([])
  })
})

const LIVE = {
  NODE_ENV: 'production',
  SESSION_SECRET: 's'.repeat(40),
  STRIPE_SECRET_KEY: 'sk_live_a',
  STRIPE_PUBLISHABLE_KEY: 'pk_live_a',
  STRIPE_WEBHOOK_SECRET: 'whsec_a',
}

describe('where the server listens', () => {
  it('is the machine itself in development, and everywhere in production, unless HOST says otherwise', () => {
    expect(readConfig({}).HOST).toBe('127.0.0.1')
    expect(readConfig(LIVE).HOST).toBe('0.0.0.0')
    expect(readConfig({ HOST: '0.0.0.0' }).HOST).toBe('0.0.0.0')
  })
})

describe('the addresses of the relay', () => {
  it.each([
    'turn:turn.soulseer.app:3478?transport=udp',
    'turns:turn.soulseer.app:443?transport=tcp',
    'turn:127.0.0.1',
  ])('%s is one, and calls then go through it alone', (url) => {
    const config = readConfig({ ...LIVE, TURN_URLS: url, TURN_SECRET: 'a secret' })
    expect(config).toMatchObject({ TURN_URLS: [url], ICE_TRANSPORT_POLICY: 'relay' })
  })

  it.each([
    ['TURN_URLS', 'turn.soulseer.app:3478'],
    ['TURN_URLS', 'https://turn.soulseer.app'],
    ['TURN_URLS', 'stun:turn.soulseer.app'],
    ['STUN_URLS', 'turn:turn.soulseer.app'],
  ])('%s=%s is none, and the server does not start', (key, url) => {
    expect(() => readConfig({ [key]: url })).toThrow(new RegExp(`^${key}: must be addresses such as`))
  })

  it('are of no use to a browser without a login, so that in production they need the secret', () => {
    expect(() => readConfig({ ...LIVE, TURN_URLS: 'turn:turn.soulseer.app' })).toThrow(
      /^TURN_SECRET: is required/,
    )
  })
})
