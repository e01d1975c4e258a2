/** Describes a reader's record, and what others may see of it. */
import type { Cents } from '../shared/money.ts'
import type { Person } from './person.ts'

export interface Reader extends Person {
  readonly role: 'reader'
  readonly rateCents: Cents
  /**
   * The reader's switch; whether clients see it also depends on an open page and an open session.
   */
  readonly available: boolean
  readonly speciality?: string
  readonly bio?: string
}

/** Returns what a reader says about the readings, without empty fields. */
export function viewAbout({ speciality, bio }: Reader): { speciality?: string; bio?: string } {
  return { ...(speciality ? { speciality } : {}), ...(bio ? { bio } : {}) }
}
