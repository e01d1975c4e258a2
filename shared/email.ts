/** Checks e-mail addresses, and brings each to one spelling. */

// Browsers and Node both have it; shared code is type-checked without either.
declare const URL: new (address: string) => { readonly hostname: string }

/** Characters that the address of a page may have, and a domain may not. */
const NOT_IN_A_DOMAIN = /[/?#:%@\\[\]\s]/

/** Returns a domain as mail servers know it, which is in ASCII; undefined for an invalid one. */
function asciiDomain(domain: string): string | undefined {
  if (NOT_IN_A_DOMAIN.test(domain)) return undefined
  try {
    return new URL(`http://${domain}`).hostname || undefined
  } catch {
    return undefined
  }
}

/**
 * Returns the one spelling of an address: without spaces around it, in lower case, its domain in
 * ASCII. Chromium writes domains so in a form, Firefox and Safari do not. Other text is returned as
 * it is, but for its spaces and case.
 */
export function canonicalEmail(text: string): string {
  const plain = text.trim().toLowerCase()
  const at = plain.lastIndexOf('@')
  const domain = at < 0 ? undefined : asciiDomain(plain.slice(at + 1))
  return domain === undefined ? plain : `${plain.slice(0, at)}@${domain}`
}

// The rule of HTML (https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address), with a
// dot in the domain, and none at either end of the part before the @ or beside another (RFC 5321,
// 4.1.2).
const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})+$`)

/** Checks an address in its one spelling. */
export function isEmail(address: string): boolean {
  return ADDRESS.test(address)
}
