/** Lists the settings without which no server starts in production. */
import { TEST_DATA_KEY } from './data-key.ts'

export const PRODUCTION = {
  NODE_ENV: 'production',
  SESSION_SECRET: 's'.repeat(40),
  DATA_KEY: TEST_DATA_KEY,
  STRIPE_SECRET_KEY: 'sk_live_a',
  STRIPE_PUBLISHABLE_KEY: 'pk_live_a',
  STRIPE_WEBHOOK_SECRET: 'whsec_a',
}

/** The settings of a site in production that takes test payments, but for its keys. */
export const STAGING = {
  NODE_ENV: 'production',
  STRIPE_TEST_MODE: 'yes',
  STRIPE_SECRET_KEY: 'sk_test_none',
  STRIPE_PUBLISHABLE_KEY: 'pk_test_none',
  STRIPE_WEBHOOK_SECRET: 'whsec_none',
}
