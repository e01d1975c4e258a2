/** Changes the password of a person who is logged in. */
import { login } from '../../domain/login.ts'
import type { User } from '../../domain/user.ts'
import type { PasswordBody } from '../../shared/protocol/http.ts'
import type { Act } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import { voidMailTokens } from '../mail/tokens.ts'
import type { Caller, NewId, Passwords } from '../ports.ts'
import { deviceIn, rememberDevice } from './devices.ts'
import { mustBeHardToGuess } from './hard-to-guess.ts'
import { endSome, type Identity, mustExist } from './logins.ts'
import { type Proofs, wrongCurrent } from './proof.ts'

export interface PasswordChange {
  /**
   * Sets a new password and ends every login, then starts `loginHash`. Throws `invalid_input`, and
   * `forbidden`, `proof_needed` and `busy` as {@link Proofs.mustProve} does.
   */
  changePassword(identity: Identity, body: PasswordBody, loginHash: string, caller?: Caller): Promise<User>
}

export function createPasswordChange(parts: {
  act: Act
  newId: NewId
  passwords: Passwords
  mustProve: Proofs['mustProve']
}): PasswordChange {
  const { act, newId, passwords, mustProve } = parts
  return {
    async changePassword(identity, { password, newPassword }, loginHash, caller = {}) {
      const { user } = identity
      mustBeHardToGuess(passwords, { path: 'newPassword', password: newPassword }, user)
      await mustProve(identity, password, caller)
      const passwordHash = await passwords.hash(newPassword, caller)
      return act((tx) => {
        const before = mustExist(tx, user.id)
        if (before.passwordHash !== user.passwordHash) throw wrongCurrent()
        const ended = endSome(tx, before, () => true)
        const changed = {
          ...ended,
          passwordHash,
          logins: [login(loginHash, tx.now, caller)],
          ...rememberDevice(ended, caller, tx.now),
        }
        tx.putUser(changed)
        voidMailTokens(tx, user.id, ({ template }) => template === 'reset_password')
        queueMail(tx, {
          userId: user.id,
          template: 'password_changed',
          event: newId(),
          values: deviceIn(caller),
        })
        return changed
      })
    },
  }
}
