/** Bounds that the server enforces and the pages explain: in one place, so they cannot disagree. */

export const NAME_MAX = 80
export const EMAIL_MAX = 254
/**
 * The domain that no mail reaches (RFC 2606). Only the server gives such addresses, to accounts
 * that were deleted.
 */
export const RESERVED_DOMAIN = '.invalid'
export const SPECIALITY_MAX = 60
export const BIO_MAX = 300
export const PASSWORD_MIN = 8
export const PASSWORD_MAX = 128
export const PASSKEYS_MAX = 10
export const RATE_MIN_CENTS = 1
export const RATE_MAX_CENTS = 60_000
export const TOP_UP_MIN_CENTS = 500
export const TOP_UP_MAX_CENTS = 50_000
export const TOP_UP_CHOICES_CENTS = [1_000, 2_000, 5_000, 10_000] as const
export const AUTO_DAILY_MAX_CENTS = 200_000
export const LIMIT_MAX_CENTS = 10_000_000
export const CHAT_MAX = 4_000
export const SESSIONS_PAGE = 20
/** The time for which the server keeps changes of availability, for pages that connect later. */
export const NEWS_KEPT_MS = 30_000
export const SDP_MAX = 32_768
export const CANDIDATE_MAX = 1_024
