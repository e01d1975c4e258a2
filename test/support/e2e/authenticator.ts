/** Gives pages an authenticator of Chromium's own, which makes passkeys and presses for its owner. */
import type { CDPSession, Page } from '@playwright/test'

export interface Device {
  readonly cdp: CDPSession
  readonly authenticatorId: string
}

/** Passkeys belong to a name, which a bare address is not. */
export const named = (origin: string): string => origin.replace('127.0.0.1', 'localhost')

export async function giveAuthenticator(page: Page): Promise<Device> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return { cdp, authenticatorId }
}
