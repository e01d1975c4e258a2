/**
 * Announces to screen readers without moving the focus. Both live regions exist in every page from
 * its start.
 */

/** Announces at the next pause. */
export function say(words: string): void {
  put('say-politely', words)
}

/** Interrupts: only for the end of the session and the last seconds of money. */
export function sayAtOnce(words: string): void {
  put('say-at-once', words)
}

function put(id: string, words: string): void {
  const place = document.getElementById(id)
  if (place) place.textContent = words
}
