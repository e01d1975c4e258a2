/**
 * Keeps a page that shows a person from being shown again out of the browser's memory: Back, after logging out, would tell
 * whoever sits there next. Such a page is emptied as it is put there, and loads anew when it comes back.
 */
export function loadAnewWhenShownAgain(): void {
  addEventListener('pagehide', ({ persisted }) => {
    if (persisted) document.body.replaceChildren()
  })
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload()
  })
}
