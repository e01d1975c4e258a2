/** What a screen reader is told without the focus moving. Both places exist in every page from its start. */

/** Spoken when the person is next at rest. */
export function say(words: string): void {
  put('say-politely', words)
}

/** Interrupts: for the end of the session and the last seconds of money alone. */
export function sayAtOnce(words: string): void {
  put('say-at-once', words)
}

function put(id: string, words: string): void {
  const place = document.getElementById(id)
  if (place) place.textContent = words
}
