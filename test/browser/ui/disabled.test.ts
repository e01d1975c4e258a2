/** Tests that no button turns grey without a reason beside it. */
import { expect, it } from 'vitest'
import { codeIn, textOf } from '../../support/sources.ts'

/** The files in which something is disabled, with the words that say why. */
const REASONS: Readonly<Record<string, string>> = {
  'browser/dashboard/reader-item.tsx': 'the reason is the line below the three buttons',
  'browser/devices/check.tsx': '“Your browser is asking for permission: choose Allow.”',
  'browser/payments/auto-top-up.tsx': '“Enter the three amounts to see what you agree to.”',
  'browser/payments/top-up-amount.tsx': '“Paying…”',
  'browser/payments/top-up-cards.tsx': '“Paying…”',
  'browser/session/chat/chat.tsx': 'the line above the box says when one can write',
}

it('is disabled only where words say why; a button that waits for a response is not', () => {
  const withDisabled = codeIn('browser').filter((file) => /(?<![-\w])disabled=/.test(textOf(file)))
  expect(withDisabled.sort()).toEqual(Object.keys(REASONS))
})
