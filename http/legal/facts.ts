/** Holds what the texts say that the settings decide, in words. */
import type { PartialMinute, Terms } from '../../domain/billing.ts'
import type { Ice } from '../../engine/ports.ts'
import type { Timeouts } from '../../engine/sessions/meter.ts'
import { TERMS_VERSION } from '../../shared/consent.ts'
import { type Html, html } from './html.ts'

/** Settings that the texts must agree with. */
export interface SiteFacts {
  readonly owner: { readonly name: string | undefined; readonly address: string | undefined }
  readonly supportEmail: string
  readonly partialMinute: PartialMinute
  readonly feePercent: number
  /** A session with less connected time is free. */
  readonly freeMs: number
  readonly graceMs: number
  readonly ringMs: number
  /** `relay`: no call goes directly between the two. */
  readonly icePolicy: 'all' | 'relay'
}

/** Returns what the texts say; every figure is the one that the engine uses. */
export function factsOf(parts: {
  owner: SiteFacts['owner']
  pageSettings: { supportEmail: string }
  terms: Pick<Terms, 'partialMinute' | 'feePercent' | 'freeMs'>
  timeouts: Pick<Timeouts, 'graceMs' | 'ringMs'>
  ice: Pick<Ice, 'policy'>
}): SiteFacts {
  const { owner, pageSettings, terms, timeouts, ice } = parts
  const { partialMinute, feePercent, freeMs } = terms
  const { graceMs, ringMs } = timeouts
  const { supportEmail } = pageSettings
  return { owner, supportEmail, partialMinute, feePercent, freeMs, graceMs, ringMs, icePolicy: ice.policy }
}

/** Returns the day on which the terms were written: `29 November 2026`. */
function dayOfTerms(): string {
  const day = new Date(`${TERMS_VERSION}T00:00:00Z`)
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(day)
}

/** Returns the line under a title: since when, and by whom. */
export function byline({ owner }: SiteFacts): Html {
  const who = [owner.name, owner.address].filter((part) => part !== undefined).join(', ')
  return html`<p class="hint">In force since ${dayOfTerms()}. ${who === '' ? '' : `SoulSeer is run by ${who}.`}</p>`
}

export function support({ supportEmail }: SiteFacts): Html {
  return html`<a href="mailto:${supportEmail}">${supportEmail}</a>`
}

const PARTIAL: Record<PartialMinute, string> = {
  prorated: 'The unfinished minute at the end costs only the time used, rounded down to the cent.',
  free: 'The unfinished minute at the end is free.',
  full:
    'When one of you hangs up, the unfinished minute costs a whole one, or what is left of the balance where ' +
    'that is less. When the connection is cut, it costs the time used.',
}

/** Returns what the last minute of a session costs. */
export function sayPartial({ partialMinute }: SiteFacts): string {
  return PARTIAL[partialMinute]
}

/** Returns the sentence about sessions that are too short to be charged; empty where none is. */
export function sayFree({ freeMs }: SiteFacts): string {
  if (freeMs === 0) return ''
  return `A session that ends within ${freeMs / 1000} seconds of connected time is free, twice a day.`
}

/** Returns a span in words: `90000` → `90 seconds`, `300000` → `5 minutes`. */
export function saySpan(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds % 60 === 0 && seconds > 60 ? `${seconds / 60} minutes` : `${seconds} seconds`
}
