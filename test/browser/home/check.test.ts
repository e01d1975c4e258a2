/** Tests the checks of the home page's forms. */
import { describe, expect, it } from 'vitest'
import { checkEntry, emptyDraft, registration } from '../../../browser/home/check.ts'

const full = {
  role: 'reader' as const,
  name: 'Mara',
  email: 'mara@example.com',
  password: 'candlelight',
  rate: '2.50',
  acceptTerms: true,
}
const paths = (errors: readonly { path: string }[]) => errors.map(({ path }) => path)

describe('the forms of the home page', () => {
  it('let a full draft through', () => {
    expect(checkEntry(full, 'create')).toEqual([])
    expect(checkEntry({ ...emptyDraft, email: 'a@b.c', password: 'x' }, 'log-in')).toEqual([])
  })

  it('name every field that is missing, and no field that the form does not have', () => {
    expect(paths(checkEntry(emptyDraft, 'log-in'))).toEqual(['email', 'password'])
    expect(paths(checkEntry(emptyDraft, 'create'))).toEqual(['name', 'email', 'password', 'acceptTerms'])
    expect(paths(checkEntry({ ...emptyDraft, role: 'reader' }, 'create'))).toContain('rateCents')
  })

  it.each(['', 'two', '2,500', '2.505', '-1'])('take no %j for a rate', (rate) => {
    expect(paths(checkEntry({ ...full, rate }, 'create'))).toEqual(['rateCents'])
  })

  it('send a reader’s rate in cents, and none for a client', () => {
    expect(registration(full)).toEqual({
      role: 'reader',
      name: 'Mara',
      email: 'mara@example.com',
      password: 'candlelight',
      acceptTerms: true,
      rateCents: 250,
    })
    expect(registration({ ...full, role: 'client' })).not.toHaveProperty('rateCents')
  })
})
