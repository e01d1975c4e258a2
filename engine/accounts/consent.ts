/** Records that users accept the terms, after they have changed. */
import { agreementAt, termsChanged } from '../../domain/consent.ts'
import type { User } from '../../domain/user.ts'
import type { Act } from '../commit.ts'
import { mustExist } from './logins.ts'

export interface Consent {
  /**
   * Records that the user accepts the terms in force. Throws `terms_changed` when `version` names
   * others.
   */
  agree(user: User, version: string): Promise<void>
}

export function createConsent({ act }: { act: Act }): Consent {
  return {
    agree: (user, version) =>
      act((tx) => {
        const agreed = agreementAt(tx.now)
        if (version !== agreed.version) throw termsChanged()
        tx.putUser({ ...mustExist(tx, user.id), agreed })
      }),
  }
}
