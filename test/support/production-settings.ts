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
