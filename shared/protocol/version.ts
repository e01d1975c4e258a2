/**
 * Counts the changes of the protocol that a page of an earlier build would not understand. A field
 * that may be left out is no such change.
 */
export const PROTOCOL_VERSION = 1
