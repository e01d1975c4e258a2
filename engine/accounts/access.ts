/** Wires together everything by which people get at their accounts. */
import type { Act } from '../commit.ts'
import type { Clock, DataKey, Log, NewId, Passwords, Store, WebAuthn } from '../ports.ts'
import { type Accounts, createAccounts } from './accounts.ts'
import { type Addresses, createAddresses } from './addresses.ts'
import { createPasskeys, type Passkeys } from './passkeys.ts'
import { createPasswordReset, type PasswordReset } from './password-reset.ts'
import { createProofs, type Proofs } from './proof.ts'

export interface Access {
  readonly accounts: Accounts
  readonly proofs: Proofs
  readonly passkeys: Passkeys
  readonly passwordReset: PasswordReset
  readonly addresses: Addresses
}

export function createAccess(parts: {
  act: Act
  store: Store
  clock: Clock
  log: Log
  newId: NewId
  passwords: Passwords
  webAuthn: WebAuthn
  dataKey: DataKey
}): Access {
  const proofs = createProofs(parts)
  const { mustProve } = proofs
  return {
    proofs,
    passkeys: createPasskeys({ ...parts, mustProve }),
    accounts: createAccounts({ ...parts, mustProve }),
    passwordReset: createPasswordReset(parts),
    addresses: createAddresses({ ...parts, mustProve }),
  }
}
