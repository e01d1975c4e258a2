/** Tests the account page: its order, and the window in which an account is deleted. */
import { expect, type Page } from '@playwright/test'
import { inspect, logIn, test } from '../support/e2e/pages.ts'
import { arrive } from '../support/e2e/people.ts'

const PASSWORD = 'a long enough one'

const deletion = (page: Page) => page.getByRole('dialog', { name: 'Delete your account?' })

async function openDeletion(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/account`)
  await page.getByRole('button', { name: 'Delete my account' }).click()
  await expect(deletion(page)).toBeVisible()
}

const deleteNow = (page: Page) => deletion(page).getByRole('button', { name: 'Delete my account' })

test('an account is deleted in a window, by a word that no program fills in', async ({ browser, shared }) => {
  const client = await arrive(browser, shared.origin, {
    role: 'client',
    name: 'Ana Reyes',
    fundsCents: 1_000,
  })
  await openDeletion(client, shared.origin)
  await expect(deletion(client)).toContainText('the last four digits of the cards that paid')
  await client.keyboard.press('Enter')
  await expect(deletion(client).getByRole('heading')).toBeFocused()

  // A press after a password manager has filled its box deletes nothing.
  await deletion(client).getByLabel('Your password').fill(PASSWORD)
  await deleteNow(client).click()
  const word = deletion(client).getByLabel('Type “delete” to confirm')
  const loses = deletion(client).getByRole('checkbox', {
    name: 'I understand that I lose my remaining $10.00.',
  })
  await expect(loses).toBeFocused()
  for (const field of [loses, word]) await expect(field).toHaveAttribute('aria-invalid', 'true')
  await inspect(client, 'delete-account')
  expect((await client.request.get(`${shared.origin}/me`)).status()).toBe(200)
  await expect(word).toHaveAttribute('autocomplete', 'off')
  for (const manager of ['data-1p-ignore', 'data-bwignore', 'data-lpignore', 'data-form-type'])
    await expect(word).toHaveAttribute(manager)

  await client.keyboard.press('Escape')
  await expect(deletion(client)).toHaveCount(0)
  await expect(client.getByRole('button', { name: 'Delete my account' })).toBeFocused()
  await client.keyboard.press('Enter')
  await loses.check()
  await deletion(client).getByLabel('Your password').fill('not this one')
  await word.fill('Delete ')
  await word.press('Enter')
  await expect(deletion(client).getByRole('alert')).toHaveText(
    'Your current password is wrong. Nothing was changed.',
  )
  await deletion(client).getByLabel('Your password').fill(PASSWORD)
  await deleteNow(client).click()
  await client.waitForURL(`${shared.origin}/`)
  expect((await client.request.get(`${shared.origin}/me`)).status()).toBe(401)
})

test('a reader’s earnings are named where they are given up', async ({ browser, seeded }) => {
  const reader = await logIn(browser, seeded, 'maralind@example.com')
  const total = reader.getByTestId('earnings-total')
  await expect(total).toHaveText(/^\$[\d,]+\.\d\d$/)
  const earned = (await total.textContent()) ?? ''
  await openDeletion(reader, seeded.origin)
  await expect(deletion(reader)).toContainText(`You have earned ${earned} that has not been paid out.`)
  await expect(deletion(reader).getByLabel(`To give up ${earned}, type “delete”`)).toBeVisible()
  await inspect(reader, 'delete-account-reader')
})

test('Tab goes down every page of one’s own, and up into another column alone', async ({
  browser,
  seeded,
}) => {
  for (const email of ['maralind@example.com', 'anareyes@example.com']) {
    const page = await logIn(browser, seeded, email)
    for (const [path, heading] of [
      ['dashboard', 'Your dashboard'],
      ['history', 'History'],
      ['account', 'Account'],
    ] as const) {
      await page.goto(`${seeded.origin}/${path}`)
      await expect(page.getByRole('heading', { name: heading, level: 1 })).toBeAttached()
      await expect(page.getByText('Loading…')).toHaveCount(0)
      for (const width of [390, 768, 1280]) {
        await page.setViewportSize({ width, height: 800 })
        expect.soft(await jumps(page), `${email}, /${path} at ${width}`).toEqual([])
      }
    }
  }
})

/** Returns the stops of the keyboard that lie above the one before and in no other column. */
function jumps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const stops = [
      ...document.querySelectorAll<HTMLElement>('main :is(a, button, input, select, textarea, summary)'),
    ]
      .filter((stop) => stop.tabIndex >= 0 && stop.checkVisibility({ visibilityProperty: true }))
      .map((stop) => ({
        name: stop.textContent || stop.outerHTML.slice(0, 60),
        box: stop.getBoundingClientRect(),
      }))
    return stops.flatMap(({ name, box }, index) => {
      const before = stops[index - 1]
      if (!before || box.bottom > before.box.top) return []
      const isBeside = box.left >= before.box.right || box.right <= before.box.left
      return isBeside ? [] : [`${before.name} → ${name}`]
    })
  })
}
