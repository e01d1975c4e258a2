/** A piece of what somebody wrote: plain text, or an address that can be followed. */
export interface Piece {
  readonly text: string
  readonly href?: string
  /** Where the address really leads, in plain letters, when its text may look like another place's. */
  readonly host?: string
}

const CANDIDATE = /https?:\/\/[^\s<>"“”«»]+/giu
const CLOSING = new Set(".,;:!?'’)]}…")

/** Text cut at its web addresses; put together again the pieces are the text, letter for letter. */
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

/** What ends the sentence does not belong to the address; a bracket does where it was opened in it. */
function withoutClosing(found: string): string {
  let end = found.length
  // Not by an expression that looks for the end: of an address full of dots it would look from each of them.
  while (CLOSING.has(found.charAt(end - 1))) end -= 1
  const address = found.slice(0, end)
  return found[address.length] === ')' && address.includes('(') && !address.includes(')')
    ? `${address})`
    : address
}

/** Letters of other alphabets can look like ours: the host as the network knows it tells them apart. */
function disguised(address: string, href: string): { host?: string } {
  const { hostname } = new URL(href)
  const [, shown = ''] = /^https?:\/\/([^/?#:]*)/i.exec(address) ?? []
  return shown.toLowerCase() === hostname ? {} : { host: hostname }
}

/** Undefined for what no honest address has: a name before the host makes one site look like another. */
function followable(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined
  const { protocol, username, password, href } = new URL(address)
  if (protocol !== 'https:' && protocol !== 'http:') return undefined
  return username || password ? undefined : href
}
