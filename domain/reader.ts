import type { Cents } from '../shared/money.ts'
import type { Person } from './person.ts'

export interface Reader extends Person {
  readonly role: 'reader'
  readonly rateCents: Cents
  /** What the reader asked for; whether clients see it also depends on an open page and an open session. */
  readonly available: boolean
  readonly speciality?: string
  readonly bio?: string
}

/** What a reader tells about the readings; left out where there is nothing. */
export function viewAbout({ speciality, bio }: Reader): { speciality?: string; bio?: string } {
  return { ...(speciality ? { speciality } : {}), ...(bio ? { bio } : {}) }
}
