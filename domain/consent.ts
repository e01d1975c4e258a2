/** Decides whether a user has accepted the terms and the privacy policy that are in force. */
import { TERMS_VERSION } from '../shared/consent.ts'
import { Refusal } from './errors.ts'

/** The terms that a user accepted, and when. */
export interface Agreement {
  readonly version: string
  readonly at: number
}

export function agreementAt(at: number): Agreement {
  return { version: TERMS_VERSION, at }
}

interface MayHaveAgreed {
  readonly agreed?: Agreement
}

export function hasAgreed({ agreed }: MayHaveAgreed): boolean {
  return agreed?.version === TERMS_VERSION
}

/** Throws the refusal `terms_changed` for a user who has yet to accept the terms in force. */
export function mustHaveAgreed(person: MayHaveAgreed): void {
  if (!hasAgreed(person)) throw termsChanged()
}

export const termsChanged = () =>
  new Refusal(
    'terms_changed',
    'Our terms have changed. Nothing was charged. Reload your dashboard to read and accept them.',
  )
