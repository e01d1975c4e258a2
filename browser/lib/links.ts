/**
 * Finds the web addresses in what a person wrote: a piece is plain text, or an address that can be
 * followed.
 */
export interface Piece {
  readonly text: string
  readonly href?: string
  /** Set to the real host in plain letters when the text may look like another site's. */
  readonly host?: string
}

const CANDIDATE = /https?:\/\/[^\s<>"“”«»]+/giu
const CLOSING = new Set(".,;:!?'’)]}…")

/** Splits text at its web addresses; joined again, the pieces are the text, letter for letter. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const { 0: found, index } of text.matchAll(CANDIDATE)) {
    const address = withoutClosing(found)
    const href = followable(address)
    if (!href) continue
    if (index > at) pieces.push({ text: text.slice(at, index) })
    pieces.push({ text: address, href, ...disguised(address, href) })
    at = index + address.length
  }
  if (at < text.length) pieces.push({ text: text.slice(at) })
  return pieces
}

/**
 * Removes what ends the sentence from an address; a closing bracket stays where it was opened in
 * it.
 */
function withoutClosing(found: string): string {
  let end = found.length
  // A regular expression that looks for the end would, in an address full of dots, start from each
  // of them.
  while (CLOSING.has(found.charAt(end - 1))) end -= 1
  const address = found.slice(0, end)
  return found[address.length] === ')' && address.includes('(') && !address.includes(')')
    ? `${address})`
    : address
}

/**
 * Returns the host as the network knows it when its letters, of another alphabet, could look like
 * ours.
 */
function disguised(address: string, href: string): { host?: string } {
  const { hostname } = new URL(href)
  const [, shown = ''] = /^https?:\/\/([^/?#:]*)/i.exec(address) ?? []
  return shown.toLowerCase() === hostname ? {} : { host: hostname }
}

/**
 * Returns the address to follow; undefined for forms that no honest address has: a user name before
 * the host makes one site look like another.
 */
function followable(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const { protocol, username, password, href } = new URL(address)
  if (protocol !== 'https:' && protocol !== 'http:') return undefined
  return username || password ? undefined : href
}
