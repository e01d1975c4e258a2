/** Checks that every setting is documented. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readConfig, turnLoginIn, warningsFor } from '../config.ts'
import { TEST_DATA_KEY } from './support/data-key.ts'
import { PRODUCTION } from './support/production-settings.ts'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

const settings = [...read('config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, key = '']) => key)
// Set by the platform that runs the process, not by the operator of SoulSeer.
const ELSEWHERE = ['NODE_ENV']

describe('every setting', () => {
  it('is in the table of docs/SETTINGS.md', () => {
    const table = read('docs/SETTINGS.md')
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

describe('where the server listens', () => {
  it('is the machine itself in development, and everywhere in production, unless HOST says otherwise', () => {
    expect(readConfig({}).HOST).toBe('127.0.0.1')
    expect(readConfig(PRODUCTION).HOST).toBe('0.0.0.0')
    expect(readConfig({ HOST: '0.0.0.0' }).HOST).toBe('0.0.0.0')
  })
})

describe('the addresses of the relay', () => {
  it.each([
    'turn:turn.soulseer.app:3478?transport=udp',
    'turns:turn.soulseer.app:443?transport=tcp',
    'turn:127.0.0.1',
  ])('%s is one, and calls then go through it alone', (url) => {
    const config = readConfig({ ...PRODUCTION, TURN_URLS: url, TURN_SECRET: 'a secret' })
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

  it('are of no use to a browser without a login, so that in production they need one', () => {
    expect(() => readConfig({ ...PRODUCTION, TURN_URLS: 'turn:turn.soulseer.app' })).toThrow(
      /^TURN_SECRET: or TURN_USERNAME and TURN_PASSWORD are required/,
    )
  })

  it('go with the login of a provider that has no secret to share', () => {
    const fixed = { TURN_URLS: 'turn:relay.example.com', TURN_USERNAME: 'soulseer', TURN_PASSWORD: 'p' }
    expect(turnLoginIn(readConfig({ ...PRODUCTION, ...fixed }))).toEqual({
      username: 'soulseer',
      password: 'p',
    })
    expect(() => readConfig({ ...fixed, TURN_PASSWORD: '' })).toThrow(/^TURN_USERNAME: and TURN_PASSWORD/)
    expect(() => readConfig({ ...fixed, TURN_SECRET: 's' })).toThrow(/^TURN_SECRET: and TURN_USERNAME/)
  })
})

describe('what the start warns of', () => {
  const bucket = {
    BACKUP_BUCKET_URL: 'https://s3.example.com/soulseer',
    BACKUP_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    BACKUP_SECRET_ACCESS_KEY: 'secret',
    DATA_KEY: TEST_DATA_KEY,
  }
  const turn = { TURN_URLS: 'turn:turn.soulseer.app', TURN_SECRET: 's', ...bucket }
  const mail = {
    SMTP_URL: 'smtps://user:password@smtp.example.com',
    OWNER_NAME: 'Ada',
    OWNER_ADDRESS: '1 Main Street',
  }

  it('is that no mail leaves, and that nobody signs, in production', () => {
    expect(warningsFor(readConfig({ ...PRODUCTION, ...turn }))).toEqual([
      expect.stringContaining('No mail leaves: set SMTP_URL'),
      expect.stringContaining('OWNER_NAME and OWNER_ADDRESS'),
    ])
    expect(warningsFor(readConfig(turn))).toEqual([])
  })

  it('is calls between two homes, where there is no relay and no STUN server', () => {
    const live = { ...PRODUCTION, ...mail, ...bucket }
    expect(warningsFor(readConfig(live))).toEqual([expect.stringContaining('between two homes')])
    expect(warningsFor(readConfig({ ...live, ...turn }))).toEqual([])
    expect(warningsFor(readConfig({ ...bucket, STUN_URLS: 'stun:turn.soulseer.app' }))).toEqual([])
  })

  it('is a secret key of Stripe’s without what belongs to it', () => {
    const alone = warningsFor(readConfig({ ...turn, STRIPE_SECRET_KEY: 'sk_test_a' }))
    expect(alone).toEqual([
      expect.stringContaining('STRIPE_PUBLISHABLE_KEY'),
      expect.stringContaining('STRIPE_WEBHOOK_SECRET'),
    ])
    expect(warningsFor(readConfig(turn))).toEqual([])
  })
})

describe('the settings of mail', () => {
  it.each(['smtps://user:p%40ss@smtp.example.com:465', 'smtp://localhost:2525'])('take %s', (url) => {
    expect(readConfig({ SMTP_URL: url }).SMTP_URL).toBe(url)
  })

  it.each(['smtp.example.com', 'https://smtp.example.com', 'smtps://'])('refuse %s', (url) => {
    expect(() => readConfig({ SMTP_URL: url })).toThrow(/^SMTP_URL: must be an address such as/)
  })

  it.each(['SoulSeer', 'a@b@c', 'SoulSeer <hello@soulseer.app>\r\nBcc: eve@example.com'])(
    'refuse the sender %j',
    (from) => {
      expect(() => readConfig({ MAIL_FROM: from })).toThrow(/^MAIL_FROM: must be like/)
    },
  )
})

describe('what the start says of backups', () => {
  const warned = (env: object) => warningsFor(readConfig({ STUN_URLS: 'stun:turn.soulseer.app', ...env }))
  const bucket = {
    BACKUP_BUCKET_URL: 'https://s3.example.com/soulseer',
    BACKUP_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    BACKUP_SECRET_ACCESS_KEY: 'secret',
  }

  it('is that a lost disk loses everything without a bucket, or the key without one of its own', () => {
    expect(warned({})).toEqual([expect.stringContaining('BACKUP_BUCKET_URL')])
    expect(warned(bucket)).toEqual([expect.stringContaining('DATA_KEY')])
    expect(warned({ ...bucket, DATA_KEY: TEST_DATA_KEY })).toEqual([])
  })
})

describe('the data key', () => {
  const key = Buffer.alloc(32, 9)

  it('is one or several keys of 32 bytes, the first first', () => {
    const text = key.toString('base64')
    expect(readConfig({ DATA_KEY: text }).DATA_KEY).toEqual([key])
    expect(readConfig({ DATA_KEY: `${text}, ${TEST_DATA_KEY}` }).DATA_KEY).toEqual([key, Buffer.alloc(32, 7)])
    expect(readConfig({ DATA_KEY: text.replace('=', '') }).DATA_KEY).toEqual([key])
  })

  it('is required in production, and named where it is wrong, without its value', () => {
    expect(() => readConfig({ ...PRODUCTION, DATA_KEY: '' })).toThrow(/^DATA_KEY: is required in production$/)
    expect(() => readConfig({ DATA_KEY: 'secret' })).toThrow(/^DATA_KEY: must be 32 bytes in base64/)
    expect(() => readConfig({ DATA_KEY: 'secret' })).not.toThrow(/"secret"|: secret/)
  })
})
