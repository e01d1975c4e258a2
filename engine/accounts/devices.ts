/** Notices log-ins from browsers that an account has not been logged in with before. */
import { isNewDevice, type Login, loginId, withDevice, withLogin } from '../../domain/login.ts'
import type { User } from '../../domain/user.ts'
import type { TellingTx } from '../commit.ts'
import { queueMail } from '../mail/queue.ts'
import type { Caller } from '../ports.ts'

/**
 * Returns the fields of a user with one more login. The user is sent a notice where the browser is a
 * new one.
 */
export function loggedIn(
  tx: TellingTx,
  user: User,
  login: Login,
  caller: Caller,
): Pick<User, 'logins' | 'devices'> {
  const { browser } = caller
  if (browser !== undefined && isNewDevice(user, browser)) {
    queueMail(tx, {
      userId: user.id,
      template: 'new_device',
      event: loginId(login.hash),
      values: deviceIn(caller),
    })
  }
  return { logins: withLogin(user.logins, login), ...rememberDevice(user, caller, tx.now) }
}

/** Returns the browsers of a user and the caller's, which has proven to be the user's own. */
export function rememberDevice(user: User, { browser }: Caller, now: number): Pick<User, 'devices'> {
  return browser === undefined ? {} : { devices: withDevice(user.devices, browser, now) }
}

/** Returns what a mail says of the browser that did something. */
export const deviceIn = ({ device }: Pick<Caller, 'device'>): { device?: string } =>
  device === undefined ? {} : { device }
