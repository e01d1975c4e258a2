/** Chooses the Stripe that the server talks to. */
import type { Router } from 'express'
import { STANDIN_KEYS } from './keys.ts'

/** The configuration's settings for Stripe. */
export interface StripeSettings {
  readonly production: boolean
  readonly STRIPE_SECRET_KEY?: string | undefined
  readonly STRIPE_PUBLISHABLE_KEY?: string | undefined
  readonly STRIPE_WEBHOOK_SECRET?: string | undefined
  readonly STRIPE_API_BASE?: string | undefined
}

/** The Stripe that this server talks to, and how. */
export interface StripeConnection {
  readonly secretKey: string
  readonly publishableKey: string
  readonly webhookSecret: string
  readonly apiBase: string | undefined
  /** No real card can be charged, and the pages must say so. */
  readonly isStandin: boolean
  /** The page's router to the stand-in; undefined with the real Stripe. */
  readonly router: Router | undefined
  /** Gives the embedded stand-in the address of its webhooks, once that is known. */
  announceTo(webhookUrl: string): void
  stop(): Promise<void>
}

/**
 * Connects to Stripe itself where there is a secret key; to the address in STRIPE_API_BASE where
 * there is one; otherwise to an embedded stand-in, started here. In production it is Stripe or
 * nothing: this throws when a key is missing or another address is set, and the stand-in is not
 * even loaded.
 */
export async function connectStripe(settings: StripeSettings): Promise<StripeConnection> {
  const { production, STRIPE_SECRET_KEY, STRIPE_API_BASE } = settings
  if (production) return real(mustBeReal(settings))
  if (STRIPE_API_BASE !== undefined) return connectElsewhere(settings, STRIPE_API_BASE)
  return STRIPE_SECRET_KEY === undefined ? connectEmbedded(settings) : real(settings)
}

function mustBeReal(settings: StripeSettings): StripeSettings {
  const { STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY, STRIPE_WEBHOOK_SECRET, STRIPE_API_BASE } = settings
  const complete = STRIPE_SECRET_KEY && STRIPE_PUBLISHABLE_KEY && STRIPE_WEBHOOK_SECRET
  if (complete && STRIPE_API_BASE === undefined) return settings
  throw new Error('production takes payments through Stripe itself, with all three of its keys')
}

function real(settings: StripeSettings): StripeConnection {
  return {
    ...keysOf(settings, NO_KEYS),
    apiBase: undefined,
    isStandin: false,
    router: undefined,
    ...NOTHING_TO_RUN,
  }
}

async function connectElsewhere(settings: StripeSettings, base: string): Promise<StripeConnection> {
  const { standinRoutes } = await import('./routes.ts')
  const router = standinRoutes({ base })
  return { ...keysOf(settings, STANDIN_KEYS), apiBase: base, isStandin: true, router, ...NOTHING_TO_RUN }
}

async function connectEmbedded(settings: StripeSettings): Promise<StripeConnection> {
  const [{ startStripeStandin }, { standinRoutes }] = await Promise.all([
    import('./server.ts'),
    import('./routes.ts'),
  ])
  const keys = { ...STANDIN_KEYS, webhookSecret: keysOf(settings, STANDIN_KEYS).webhookSecret }
  let webhookUrl: string | undefined
  const [signingSecret = ''] = keys.webhookSecret.split(',')
  const standin = await startStripeStandin({
    ...keys,
    webhookSecret: signingSecret.trim(),
    webhookUrl: () => webhookUrl,
  })
  return {
    ...keys,
    apiBase: standin.url,
    isStandin: true,
    router: standinRoutes({ base: standin.url }),
    announceTo: (url) => {
      webhookUrl = url
    },
    stop: standin.stop,
  }
}

const NO_KEYS = { secretKey: '', publishableKey: '', webhookSecret: '' }
const NOTHING_TO_RUN = { announceTo: () => undefined, stop: async () => undefined }

function keysOf(settings: StripeSettings, instead: typeof NO_KEYS): typeof NO_KEYS {
  return {
    secretKey: settings.STRIPE_SECRET_KEY ?? instead.secretKey,
    publishableKey: settings.STRIPE_PUBLISHABLE_KEY ?? instead.publishableKey,
    webhookSecret: settings.STRIPE_WEBHOOK_SECRET ?? instead.webhookSecret,
  }
}
