/** Holds sentences that the server and the pages both use. */
import type { AccountHold } from './protocol/views.ts'

export const EMAIL_TAKEN = 'An account with this email already exists. Log in instead.'

export const ACCEPT_TERMS = 'Tick the box to accept the terms and the privacy policy.'

const HOLDS: Record<AccountHold, string> = {
  dispute:
    'One of your payments is disputed at your bank. Until that is settled you can’t add funds or start sessions. Your balance is safe.',
  review:
    'Your account is on hold while we review it. Until then you can’t add funds or start sessions. Your balance is safe.',
}

/** Returns why an account is on hold, and what that means. */
export const sayHold = (hold: AccountHold): string => `${HOLDS[hold]} Questions? Contact support.`

export const DAY_MUST_COVER_ONE = 'The daily maximum must cover one top-up.'

/** Returns the refusal of an attempt; `span` is how long to wait, as people read it: `2 minutes`. */
export const tooManyTries = (span: string): string => `Too many attempts. Wait ${span}, then try again.`
