/** Switches mails off by the link in them. */
import type { Act } from '../commit.ts'
import type { DataKey } from '../ports.ts'
import { useSwitchToken } from './tokens.ts'

export interface MailPreferences {
  /** Switches off the kind of mail that the token is for; again does nothing. Throws `bad_token`. */
  switchOff(token: string): Promise<void>
}

export function createMailPreferences({ act, dataKey }: { act: Act; dataKey: DataKey }): MailPreferences {
  return { switchOff: (token) => act((tx) => useSwitchToken(tx, dataKey, token)) }
}
