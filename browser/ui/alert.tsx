/** Draws what went wrong and what to do, spoken at once. */
import type { ComponentChildren } from 'preact'
import { Icon } from './icon.tsx'

export function Alert({ children }: { children: ComponentChildren }) {
  return (
    <div class="alert" role="alert">
      <Icon name="alert" />
      <div>{typeof children === 'string' ? <Said words={children} /> : children}</div>
    </div>
  )
}

const CONTACT = 'Contact support'

/**
 * Draws a sentence in which "Contact support" leads to how. The link opens beside the page, which
 * may hold a session or a filled form.
 */
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
