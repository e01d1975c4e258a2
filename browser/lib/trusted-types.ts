/**
 * Allows only our own scripts and Stripe's to be loaded. The content security policy asks browsers
 * for it (`require-trusted-types-for`); Stripe.js, too, needs the default policy
 * (https://docs.stripe.com/security/guide, "Content security policy").
 */

/** Declares what browsers with trusted types have, and TypeScript does not know yet. */
interface WithTrustedTypes {
  trustedTypes?: {
    createPolicy(name: 'default', rules: { createScriptURL(address: string): string }): unknown
  }
}

const STRIPE = /^([a-z0-9-]+\.)*js\.stripe\.com$/

/** Returns the address of a script, if it may be loaded. Throws `TypeError` otherwise. */
export function allowedScript(address: string, here: string): string {
  const { origin, protocol, hostname } = new URL(address, here)
  const page = new URL(here)
  // a blob has its maker's origin
  if (origin === page.origin && protocol === page.protocol) return address
  if (protocol === 'https:' && STRIPE.test(hostname)) return address
  throw new TypeError(`No script may be loaded from ${protocol}//${hostname}.`)
}

/** Installs the policy. Must be called once, before anything loads a script. */
export function allowOwnScripts(): void {
  const { trustedTypes } = window as WithTrustedTypes
  trustedTypes?.createPolicy('default', {
    createScriptURL: (address) => allowedScript(address, location.href),
  })
}
