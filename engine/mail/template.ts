/** Declares what a template is. */
import type { MailSwitch, MailTemplate } from '../../domain/mail.ts'
import type { Letter } from './letter.ts'
import type { Facts } from './values.ts'

/** Facts that any letter may name, beside those of its template. */
export interface About {
  /** Address of the mail's own link, with its token; '' where the template has none. */
  readonly link: string
  /** The site's origin, such as `https://soulseer.app`. */
  readonly origin: string
  readonly supportEmail: string
  /** The instant of the event, as people read it. */
  readonly at: string
}

export interface Template<T extends MailTemplate> {
  /** True where only an address that was confirmed gets it. */
  readonly needsConfirmed: boolean
  /** The switch on the account page that stops it. */
  readonly canBeSwitchedOff: MailSwitch | undefined
  /** The page that its link opens, and how long the link works. */
  readonly link: { readonly path: string; readonly lifeMs: number } | undefined
  /** True where the user waits for it, having pressed a button. */
  readonly isAskedFor: boolean
  /** True where a closed account gets it too. */
  readonly isForClosed: boolean
  /** Why the user gets it: the first line beneath the letter. */
  readonly why: string
  write(facts: Facts[T], about: About): Letter
}

export type Templates = { readonly [T in MailTemplate]: Template<T> }

/** Defaults of a notice about the account. */
export const NOTICE = {
  needsConfirmed: true,
  canBeSwitchedOff: undefined,
  link: undefined,
  isAskedFor: false,
  isForClosed: false,
  why: 'You get this mail because it is about the safety of your SoulSeer account.',
} as const

/** Returns an instant as mails name it: in UTC, since they are read anywhere. */
export function sayInstant(at: number): string {
  const words = new Date(at).toUTCString() // Sun, 29 Nov 2026 16:23:23 GMT
  return `${words.slice(5, -7)} UTC`
}
