/**
 * Lets only our own scripts and Stripe's be loaded by name. The content policy asks browsers for it (`require-trusted-types-for`);
 * Stripe.js, too, needs the default policy (https://docs.stripe.com/security/guide, "Content security policy").
 */

/** What browsers that know trusted types have, and TypeScript does not know yet. */
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
  if (origin === page.origin && protocol === page.protocol) return address // a blob has its maker's origin
  if (protocol === 'https:' && STRIPE.test(hostname)) return address
  throw new TypeError(`No script may be loaded from ${protocol}//${hostname}.`)
}

/** To be called once, before anything loads a script. */
export function allowOwnScripts(): void {
  const { trustedTypes } = window as WithTrustedTypes
  trustedTypes?.createPolicy('default', {
    createScriptURL: (address) => allowedScript(address, location.href),
  })
}
