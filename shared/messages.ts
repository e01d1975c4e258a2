/** Sentences that the server and the pages both say. */

export const EMAIL_TAKEN = 'There is already an account with this email. Log in instead.'

export const DAY_MUST_COVER_ONE = 'The most for a day must cover one top-up.'

/** `span` is how long to wait, as people read it: `2 minutes`. */
export const tooManyTries = (span: string): string => `Too many tries. Wait ${span}, then try again.`
