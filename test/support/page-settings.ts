/** The settings that the server puts into every page, as tests use them. */
import { PROTOCOL_VERSION } from '../../shared/protocol/version.ts'
import type { SettingsView } from '../../shared/protocol/views.ts'

export const PAGE_SETTINGS: SettingsView = {
  protocolVersion: PROTOCOL_VERSION,
  billingIntervalMs: 60_000,
  ringTimeoutMs: 45_000,
  reconnectGraceMs: 60_000,
  lowFundsCents: 200,
  partialMinute: 'prorated',
  supportEmail: 'help@example.com',
  stripe: 'standin',
  mail: 'mailbox',
  stripePublishableKey: '',
}
