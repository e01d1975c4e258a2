/**
 * Keeps Back from showing a personal page out of the browser's memory, to the next user after a
 * log-out. Such a page is emptied as it is stored, and reloads when it comes back.
 */
export function loadAnewWhenShownAgain(): void {
  addEventListener('pagehide', ({ persisted }) => {
    if (persisted) document.body.replaceChildren()
  })
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload()
  })
}
