/** Holds sentences that the server and the pages both use. */

export const EMAIL_TAKEN = 'An account with this email already exists. Log in instead.'

export const ACCEPT_TERMS = 'Tick the box to accept the terms and the privacy policy.'

export const DAY_MUST_COVER_ONE = 'The daily maximum must cover one top-up.'

/** Returns the refusal of an attempt; `span` is how long to wait, as people read it: `2 minutes`. */
export const tooManyTries = (span: string): string => `Too many attempts. Wait ${span}, then try again.`
