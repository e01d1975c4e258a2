/** Draws a sentence of the server or of ours in which "Contact support" leads to how. */

const CONTACT = 'Contact support'

/** Draws the words. The link opens beside the page, which may hold a session or a filled form. */
export function Said({ words }: { words: string }) {
  const at = words.indexOf(CONTACT)
  if (at < 0) return words
  return (
    <>
      {words.slice(0, at)}
      <a href="/help" target="_blank" rel="noopener">
        {CONTACT}
      </a>
      {words.slice(at + CONTACT.length)}
    </>
  )
}
