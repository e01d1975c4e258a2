/** Checks the forms of the home page before they are sent. */
import { ACCEPT_TERMS } from '../../shared/messages.ts'
import { askThousands, parseDollars } from '../../shared/money.ts'
import type { RegisterBody } from '../../shared/protocol/http.ts'
import type { Role } from '../../shared/protocol/views.ts'

export type EntryMode = 'log-in' | 'create'

/** Holds what is typed into the forms, unchecked. */
export interface EntryDraft {
  role: Role
  name: string
  email: string
  password: string
  rate: string
  acceptTerms: boolean
}

export interface FieldError {
  path: string
  message: string
}

export const emptyDraft: EntryDraft = {
  role: 'client',
  name: '',
  email: '',
  password: '',
  rate: '',
  acceptTerms: false,
}

/** Returns the errors that need no server: empty fields, and a rate that is no amount. */
export function checkEntry(draft: EntryDraft, mode: EntryMode): FieldError[] {
  const errors: FieldError[] = []
  const need = (path: string, fine: boolean, message: string) => {
    if (!fine) errors.push({ path, message })
  }
  if (mode === 'create') need('name', draft.name.trim() !== '', 'Enter the name others will see.')
  need('email', draft.email.trim() !== '', 'Enter your email address.')
  need('password', draft.password !== '', 'Enter your password.')
  if (mode === 'create' && draft.role === 'reader') {
    const message = askThousands(draft.rate) ?? 'Enter your rate in dollars, like 2.50.'
    need('rateCents', parseDollars(draft.rate) !== undefined, message)
  }
  if (mode === 'create') need('acceptTerms', draft.acceptTerms, ACCEPT_TERMS)
  return errors
}

/**
 * Returns a draft without errors as the server expects it; a client's leftover rate is not sent.
 */
export function registration({ role, name, email, password, rate }: EntryDraft): RegisterBody {
  const person = { name, email, password, acceptTerms: true } as const
  return role === 'client' ? { ...person, role } : { ...person, role, rateCents: parseDollars(rate) ?? 0 }
}
