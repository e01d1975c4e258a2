/**
 * The stand-in's own keys. It answers to no others, so no key of a real account can ever do
 * anything here.
 */
export const STANDIN_KEYS = {
  secretKey: 'sk_test_standin',
  publishableKey: 'pk_test_standin',
  webhookSecret: 'whsec_standin',
} as const
