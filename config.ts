/** The only reader of the environment. */
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { OperatorError } from './domain/errors.ts'

const DEFAULT_ORIGIN = 'https://soulseer.app'

const number = (standard: number, min: number, max: number) =>
  z.coerce.number(`must be a number from ${min} to ${max}`).int().min(min).max(max).default(standard)

const milliseconds = (standard: number) => number(standard, 1, 24 * 60 * 60 * 1000)

const urls = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter((url) => url !== ''))

// 43 characters, the last of which carries four bits, and the padding that some tools leave out
const KEY_IN_BASE64 = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=?$/

const dataKeys = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((key) => key !== ''))
  .refine(
    (keys) => keys.length > 0 && keys.every((key) => KEY_IN_BASE64.test(key)),
    'must be 32 bytes in base64, as from `openssl rand -base64 32`; several are separated by commas',
  )
  .transform((keys) => keys.map((key) => Buffer.from(key, 'base64')))

const origin = z.string().refine(isOrigin, 'must be an origin such as https://soulseer.app, without a path')

const Environment = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: number(3000, 0, 65_535),
  HOST: z.string().optional(),
  DATA_DIR: z.string().default('logic'),
  PUBLIC_ORIGIN: origin.optional(),
  SESSION_SECRET: z.string().min(32, 'must be at least 32 characters').optional(),
  DATA_KEY: dataKeys.optional(),
  STRIPE_SECRET_KEY: z.string().optional(),
  STRIPE_PUBLISHABLE_KEY: z.string().optional(),
  STRIPE_WEBHOOK_SECRET: z.string().optional(),
  STRIPE_API_BASE: z.url('must be an address such as http://127.0.0.1:12111').optional(),
  STRIPE_TEST_MODE: z.literal('yes', 'must be yes or unset').optional(),
  EXPECT_DATA: z.literal('yes', 'must be yes or unset').optional(),
  STUN_URLS: urls,
  TURN_URLS: urls,
  TURN_SECRET: z.string().optional(),
  TURN_USERNAME: z.string().optional(),
  TURN_PASSWORD: z.string().optional(),
  ICE_TRANSPORT_POLICY: z.enum(['all', 'relay']).optional(),
  BILLING_INTERVAL_MS: milliseconds(60_000),
  PARTIAL_MINUTE: z.enum(['prorated', 'free', 'full']).default('prorated'),
  LOW_FUNDS_CENTS: number(200, 0, 1_000_000),
  RING_TIMEOUT_MS: milliseconds(45_000),
  CONNECT_TIMEOUT_MS: milliseconds(60_000),
  RECONNECT_GRACE_MS: milliseconds(60_000),
  HEARTBEAT_TIMEOUT_MS: milliseconds(10_000),
  PRESENCE_GRACE_MS: milliseconds(30_000),
  RATE_LIMITS: z.enum(['on', 'off']).default('on'),
  BCRYPT_COST: number(12, 4, 16),
  // Under a minute, so that no whole minute is ever given back.
  COURTESY_SECONDS: number(0, 0, 59),
  PLATFORM_FEE_PERCENT: z.coerce.number().min(0).max(100).default(0),
  METRICS_TOKEN: z.string().min(24, 'must be at least 24 characters').optional(),
  MIN_FREE_DISK_MB: number(64, 0, 1_000_000),
  BACKUP_BUCKET_URL: z.url('must be an address such as https://s3.example.com/bucket/folder').optional(),
  BACKUP_REGION: z.string().default('us-east-1'),
  BACKUP_ACCESS_KEY_ID: z.string().optional(),
  BACKUP_SECRET_ACCESS_KEY: z.string().optional(),
  LAST_RECORD_FILE: z.string().optional(),
  SMTP_URL: z
    .string()
    .refine(isSmtp, 'must be an address such as smtps://user:password@smtp.example.com:465')
    .optional(),
  MAIL_FROM: z
    .string()
    .regex(
      /^(?:[^<>@\p{Cc}]+<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/u,
      'must be like SoulSeer <hello@soulseer.app>',
    )
    .default('SoulSeer <hello@soulseer.app>'),
  OWNER_NAME: z.string().optional(),
  OWNER_ADDRESS: z.string().optional(),
  SUPPORT_EMAIL: z.email('must be an email address').default('support@soulseer.app'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

type Settings = z.infer<typeof Environment>

export type Config = Settings & { readonly production: boolean; readonly HOST: string }

/** Thrown for settings that cannot be right: names every bad key, never a value. */
export class BadConfig extends OperatorError {
  override name = 'BadConfig'
}

/**
 * Returns the settings from `env`, completed from the file `.env` in the working folder; `env` wins, and an empty value counts as unset.
 * Throws {@link BadConfig} with every key that is wrong.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse({ ...withoutEmpty(readEnvFile()), ...withoutEmpty(env) })
  if (!parsed.success) {
    throw new BadConfig(
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
    )
  }
  const production = parsed.data.NODE_ENV === 'production'
  const config: Config = {
    ...parsed.data,
    production,
    // In development the stand-in for Stripe gives money away: it is not for the network.
    HOST: parsed.data.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    PUBLIC_ORIGIN: parsed.data.PUBLIC_ORIGIN ?? (production ? DEFAULT_ORIGIN : undefined),
    ICE_TRANSPORT_POLICY:
      parsed.data.ICE_TRANSPORT_POLICY ?? (parsed.data.TURN_URLS.length > 0 ? 'relay' : 'all'),
  }
  const problems = [...problemsAnywhere(config), ...(production ? problemsInProduction(config) : [])]
  if (problems.length > 0) throw new BadConfig(problems.join('\n'))
  return config
}

/** Returns the login for the relay; undefined where it needs none. */
export function turnLoginIn({
  TURN_SECRET: secret,
  TURN_USERNAME: username,
  TURN_PASSWORD: password,
}: Config) {
  if (secret !== undefined) return { secret }
  return username !== undefined && password !== undefined ? { username, password } : undefined
}

/** Returns what works less well than the operator may expect, in a sentence each. */
export function warningsFor(config: Config): string[] {
  const warnings: string[] = []
  if (config.TURN_URLS.length === 0 && config.STUN_URLS.length === 0) {
    warnings.push('Calls between two homes will mostly fail: set TURN_URLS (docs/TURN.md says how).')
  }
  if (config.STRIPE_SECRET_KEY && !config.STRIPE_PUBLISHABLE_KEY && !config.STRIPE_API_BASE) {
    warnings.push('Nobody can pay: STRIPE_SECRET_KEY is set, and STRIPE_PUBLISHABLE_KEY is not.')
  }
  if (config.STRIPE_SECRET_KEY && !config.STRIPE_WEBHOOK_SECRET && !config.STRIPE_API_BASE) {
    warnings.push(
      'Payments may be credited late: STRIPE_SECRET_KEY is set, and STRIPE_WEBHOOK_SECRET is not.',
    )
  }
  return [...warnings, ...warningsOfBackups(config), ...(config.production ? warningsOfMail(config) : [])]
}

function warningsOfBackups(config: Config): string[] {
  if (bucketIn(config) === undefined) {
    return [
      'A lost disk loses all data and all money: set BACKUP_BUCKET_URL (docs/OPERATIONS.md, Backups). Until then a copy is made on this disk every hour.',
    ]
  }
  if (config.DATA_KEY !== undefined) return []
  return ['DATA_KEY is on this disk alone: set it, or a lost disk takes along what proves the bucket.']
}

function warningsOfMail({ SMTP_URL, OWNER_NAME, OWNER_ADDRESS }: Config): string[] {
  const warnings: string[] = []
  if (SMTP_URL === undefined) {
    warnings.push('No mail leaves: set SMTP_URL (docs/MAIL.md says how). Nobody can reset a password.')
  }
  if (OWNER_NAME === undefined || OWNER_ADDRESS === undefined) {
    warnings.push('Mails and the terms do not say who runs the site: set OWNER_NAME and OWNER_ADDRESS.')
  }
  return warnings
}

/** Returns who runs the site, a line each. */
export function ownerIn({ OWNER_NAME, OWNER_ADDRESS }: Config): string[] {
  return [OWNER_NAME, OWNER_ADDRESS].filter((line) => line !== undefined)
}

/** Returns the bucket for backups; undefined without one. */
export function bucketIn(config: Config) {
  const { BACKUP_BUCKET_URL: url, BACKUP_REGION: region } = config
  const { BACKUP_ACCESS_KEY_ID: accessKeyId, BACKUP_SECRET_ACCESS_KEY: secretAccessKey } = config
  if (url === undefined || accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return { url, region, accessKeyId, secretAccessKey }
}

/** Returns which Stripe takes the payments. */
export function paymentModeIn({ STRIPE_SECRET_KEY, STRIPE_API_BASE }: Config): 'embedded' | 'test' | 'live' {
  if (STRIPE_SECRET_KEY === undefined || STRIPE_API_BASE !== undefined) return 'embedded'
  return STRIPE_SECRET_KEY.includes('_live_') ? 'live' : 'test'
}

/** Returns what a session costs. */
export function termsIn(config: Config) {
  return {
    intervalMs: config.BILLING_INTERVAL_MS,
    partialMinute: config.PARTIAL_MINUTE,
    lowFundsCents: config.LOW_FUNDS_CENTS,
    feePercent: config.PLATFORM_FEE_PERCENT,
    freeMs: config.COURTESY_SECONDS * 1000,
  }
}

/** Returns how long each state that waits for a person may last. */
export function timeoutsIn(config: Config) {
  return {
    ringMs: config.RING_TIMEOUT_MS,
    connectMs: config.CONNECT_TIMEOUT_MS,
    graceMs: config.RECONNECT_GRACE_MS,
  }
}

function problemsAnywhere(config: Settings): string[] {
  const problems: string[] = []
  if (config.ICE_TRANSPORT_POLICY === 'relay' && config.TURN_URLS.length === 0) {
    problems.push('ICE_TRANSPORT_POLICY: relay needs TURN_URLS')
  }
  // One wrong address, or a relay without a login, and no browser opens a connection at all.
  if (!config.STUN_URLS.every((url) => /^stuns?:\w/.test(url))) {
    problems.push('STUN_URLS: must be addresses such as stun:turn.soulseer.app:3478')
  }
  if (!config.TURN_URLS.every((url) => /^turns?:\w/.test(url))) {
    problems.push('TURN_URLS: must be addresses such as turn:turn.soulseer.app:3478')
  }
  const fixed = [config.TURN_USERNAME, config.TURN_PASSWORD]
  if (fixed.filter((part) => part !== undefined).length === 1) {
    problems.push('TURN_USERNAME: and TURN_PASSWORD go together')
  } else if (config.TURN_SECRET !== undefined && config.TURN_USERNAME !== undefined) {
    problems.push('TURN_SECRET: and TURN_USERNAME are two kinds of login, of which a relay has one')
  }
  const bucket = [config.BACKUP_BUCKET_URL, config.BACKUP_ACCESS_KEY_ID, config.BACKUP_SECRET_ACCESS_KEY]
  if (bucket.some((part) => part !== undefined) && bucket.includes(undefined)) {
    problems.push('BACKUP_BUCKET_URL: needs BACKUP_ACCESS_KEY_ID and BACKUP_SECRET_ACCESS_KEY, and they it')
  }
  if (config.STRIPE_SECRET_KEY && !/^(sk|rk)_(test|live)_/.test(config.STRIPE_SECRET_KEY)) {
    problems.push('STRIPE_SECRET_KEY: must begin with sk_test_ or sk_live_')
  }
  // The pages are sent this key: a secret one put here by mistake would be given to everybody.
  if (config.STRIPE_PUBLISHABLE_KEY && !/^pk_(test|live)_/.test(config.STRIPE_PUBLISHABLE_KEY)) {
    problems.push('STRIPE_PUBLISHABLE_KEY: must begin with pk_test_ or pk_live_')
  }
  if (config.NODE_ENV !== 'production' && config.STRIPE_SECRET_KEY?.includes('_live_')) {
    problems.push('STRIPE_SECRET_KEY: a live key needs NODE_ENV=production')
  }
  return problems
}

function problemsInProduction(config: Settings): string[] {
  const problems: string[] = []
  const refuse = (key: keyof Settings, wrong: boolean, why: string) => {
    if (wrong) problems.push(`${key}: ${why}`)
  }
  refuse('SESSION_SECRET', !config.SESSION_SECRET, 'is required in production')
  refuse('DATA_KEY', !config.DATA_KEY, 'is required in production')
  refuse('STRIPE_SECRET_KEY', !config.STRIPE_SECRET_KEY, 'is required in production')
  refuse('STRIPE_PUBLISHABLE_KEY', !config.STRIPE_PUBLISHABLE_KEY, 'is required in production')
  refuse('STRIPE_WEBHOOK_SECRET', !config.STRIPE_WEBHOOK_SECRET, 'is required in production')
  refuse('STRIPE_API_BASE', config.STRIPE_API_BASE !== undefined, 'is refused in production')
  refuse('BILLING_INTERVAL_MS', config.BILLING_INTERVAL_MS !== 60_000, 'must be 60000 in production')
  refuse('RATE_LIMITS', config.RATE_LIMITS === 'off', 'off is refused in production')
  refuse('BCRYPT_COST', config.BCRYPT_COST < 10, 'must be at least 10 in production')
  refuse('PUBLIC_ORIGIN', !config.PUBLIC_ORIGIN?.startsWith('https://'), 'must be https in production')
  const lacksLogin = config.TURN_URLS.length > 0 && !config.TURN_SECRET && !config.TURN_USERNAME
  refuse('TURN_SECRET', lacksLogin, 'or TURN_USERNAME and TURN_PASSWORD are required with TURN_URLS')
  const plainBucket = config.BACKUP_BUCKET_URL?.startsWith('http:') ?? false
  refuse('BACKUP_BUCKET_URL', plainBucket, 'must be https in production')
  const live = [config.STRIPE_SECRET_KEY, config.STRIPE_PUBLISHABLE_KEY].map((key) => key?.includes('_live_'))
  refuse('STRIPE_SECRET_KEY', live[0] !== live[1], 'and STRIPE_PUBLISHABLE_KEY must be of one mode')
  refuse('STRIPE_TEST_MODE', config.STRIPE_TEST_MODE === 'yes' && live[0] === true, 'yes needs test keys')
  const test = live[0] === false && config.STRIPE_SECRET_KEY !== undefined
  refuse(
    'STRIPE_SECRET_KEY',
    test && config.STRIPE_TEST_MODE !== 'yes',
    'test keys need STRIPE_TEST_MODE=yes',
  )
  return problems
}

function isSmtp(text: string): boolean {
  return URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname !== ''
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text
}

function withoutEmpty(env: NodeJS.Dict<string>): NodeJS.Dict<string> {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
}

function readEnvFile(): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync('.env', 'utf8')) as NodeJS.Dict<string>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
}
