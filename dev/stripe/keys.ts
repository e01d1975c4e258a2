/**
 * The stand-in's own keys. It accepts no others, so a real account's key can never do anything
 * here.
 */
export const STANDIN_KEYS = {
  secretKey: 'sk_test_standin',
  publishableKey: 'pk_test_standin',
  webhookSecret: 'whsec_standin',
} as const
