/** Holds sentences that the server and the pages both use. */

export const EMAIL_TAKEN = 'There is already an account with this email. Log in instead.'

export const DAY_MUST_COVER_ONE = 'The daily maximum must cover one top-up.'

/** Returns the refusal of a try; `span` is how long to wait, as people read it: `2 minutes`. */
export const tooManyTries = (span: string): string => `Too many tries. Wait ${span}, then try again.`
