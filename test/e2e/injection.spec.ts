/** Tests that user input is shown as text on every page. */
import { type APIRequestContext, type Browser, expect, type Page } from '@playwright/test'
import { answer, arrive, becomeAvailable, readerLine } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'
import { INJECTIONS } from '../support/injections.ts'
import { sample } from '../support/sample.ts'

const PASSWORD = 'a long enough one'

/** Each fills every field there is, one after the other. */
const TEXTS = sample(INJECTIONS, 8, 'injections')

// Only a reader who is available shows a speciality and a bio; these have no page that keeps them so.
test.use({ settings: { PRESENCE_GRACE_MS: '600000' } })

interface Watched {
  page: Page
  /**
   * Returns the scripts that ran, and what loaded, asked or was blocked by the policy. None is the
   * goal.
   */
  harm(): Promise<string[]>
}

/** Makes a page notice everything an injected text could do. */
async function watch(page: Page): Promise<Watched> {
  const noticed: string[] = []
  page.on('dialog', (dialog) => {
    noticed.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => {
    const { hostname, pathname } = new URL(request.url())
    if (hostname.includes('struck') || pathname.startsWith('/struck'))
      noticed.push(`request: ${request.url()}`)
  })
  page.on('pageerror', (error) => noticed.push(`error: ${error.message}`))
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) noticed.push(message.text())
  })
  await page.addInitScript(() => {
    const broken: string[] = []
    Object.assign(window, { broken })
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      broken.push(`policy: ${violatedDirective} ${blockedURI}`),
    )
  })
  const harm = async () => [...noticed, ...(await page.evaluate(harmInside))]
  return { page, harm }
}

/** Runs in the page: what of an injected text has become more than text. */
function harmInside(): string[] {
  const world = window as unknown as { broken: string[]; struck?: unknown }
  const elements = 'script:not([src]), iframe, object, embed, base, marquee, math, image, animate, [srcdoc]'
  const strange = [...document.querySelectorAll(elements)].map(({ outerHTML }) => outerHTML)
  const handlers = [...document.querySelectorAll('*')].flatMap((element) =>
    element.getAttributeNames().filter((name) => name.startsWith('on') || name === 'style'),
  )
  const ours = 'mailto:support@soulseer.app' // on every receipt
  const links = [...document.querySelectorAll('a')]
    .filter(({ href, protocol, origin, rel }) => {
      if (href === ours) return false
      return !protocol.startsWith('http') || (origin !== location.origin && !rel.includes('noopener'))
    })
    .map(({ href }) => href)
  const twins = document.querySelectorAll('#main').length === 1 ? [] : ['another #main']
  const ran = world.struck === undefined ? [] : ['a script ran']
  return [...world.broken, ...strange, ...handlers, ...links, ...twins, ...ran]
}

async function register(request: APIRequestContext, origin: string, body: object): Promise<void> {
  const response = await request.post(`${origin}/register`, {
    data: { password: PASSWORD, acceptTerms: true, ...body },
  })
  expect(response.status(), JSON.stringify(body)).toBe(201)
}

/** Opens a page of a person who was registered over HTTP. */
async function enter(browser: Browser, origin: string, body: object): Promise<Watched> {
  const context = await browser.newContext({ userAgent: `Mozilla/5.0 ${INJECTIONS[12]} Chrome/120` })
  await register(context.request, origin, body)
  const watched = await watch(await context.newPage())
  await watched.page.goto(`${origin}/dashboard`)
  return watched
}

const sorted = (texts: readonly string[]) => texts.map((text) => text.trim()).toSorted()

test('[X-1] [X-3] every reader’s name, speciality and bio shows as text, whatever is in it', async ({
  browser,
  server,
}) => {
  const { origin } = server
  const context = await browser.newContext()
  for (const [index, text] of TEXTS.entries()) {
    const reader = { role: 'reader', name: text, email: `reader-${index}@example.com`, rateCents: 100 }
    await register(context.request, origin, reader)
    const changed = await context.request.patch(`${origin}/me`, {
      data: { speciality: text, bio: `${text}\n${text}` },
    })
    expect(changed.status(), text).toBe(200)
    const available = await context.request.post(`${origin}/availability`, { data: { available: true } })
    expect(available.ok(), text).toBe(true)
  }
  const { page, harm } = await enter(browser, origin, {
    role: 'client',
    name: INJECTIONS[0],
    email: 'client@example.com',
  })
  await expect(async () => {
    const last = page.getByRole('heading', { level: 3 }).last()
    await last.scrollIntoViewIfNeeded() // the list draws the next screenful
    await expect(page.getByRole('heading', { level: 3 })).toHaveCount(TEXTS.length, { timeout: 1_000 })
  }).toPass()
  expect(sorted(await page.getByRole('heading', { level: 3 }).allTextContents())).toEqual(sorted(TEXTS))
  expect(sorted(await page.locator('.speciality').allTextContents())).toEqual(sorted(TEXTS))
  const twice = TEXTS.map((text) => `${text}\n${text}`)
  expect(sorted(await page.locator('.bio').allTextContents())).toEqual(sorted(twice))
  await expect(page.locator('.account-name')).toHaveText(new RegExp(`${INJECTIONS[0]?.slice(-15)}$`))

  const search = page.getByRole('searchbox')
  for (const text of TEXTS) {
    await search.fill(text)
    await expect(readerLine(page, text).first()).toBeVisible()
  }
  expect(await harm()).toEqual([])

  for (const path of ['/account', '/history', '/dashboard']) {
    const query = TEXTS.map((text, index) => `q${index}=${encodeURIComponent(text)}`)
    await page.goto(`${origin}${path}?${query.slice(0, 30).join('&')}#${query.slice(30).join('&')}`)
    await expect(page.getByRole('navigation', { name: 'Your pages' })).toBeVisible()
    await expect(page.getByRole('heading').first()).toBeAttached()
    expect(await harm(), path).toEqual([])
  }
  for (const place of ['session', 'payments', 'nowhere']) {
    await page.goto(`${origin}/${place}/${encodeURIComponent(INJECTIONS[12] ?? '')}`)
    await expect(page.getByRole('heading', { name: /page not found|cannot be shown/i })).toBeVisible()
    expect(await harm(), place).toEqual([])
  }
})

test('[X-1] what is typed into the forms stays text', async ({ browser, server }) => {
  const { origin } = server
  const home = await watch(await (await browser.newContext()).newPage())
  await home.page.goto(origin)
  await home.page.getByRole('radio', { name: 'I give readings' }).check()
  for (const text of TEXTS) {
    for (const label of ['Display name', 'Password', 'Rate per minute ($)']) {
      await home.page.getByLabel(label, { exact: true }).fill(text)
    }
  }
  await home.page.getByRole('checkbox').check()
  await home.page.getByLabel('Password', { exact: true }).press('Enter')
  await expect(home.page.getByRole('alert')).toContainText('Enter your rate in dollars')
  await home.page.getByLabel('Rate per minute ($)').fill('2')
  for (const text of TEXTS) {
    await home.page.getByLabel('Email', { exact: true }).fill(text)
    // While the response to the message before is being shown, Enter sends nothing.
    await expect(async () => {
      const answered = home.page.waitForResponse('**/register', { timeout: 2_000 })
      await home.page.getByLabel('Email', { exact: true }).press('Enter')
      expect((await answered).status(), text).toBe(400)
    }).toPass()
  }
  expect(await home.harm()).toEqual([])

  const reader = await enter(browser, origin, {
    role: 'reader',
    name: 'Mara',
    email: 'mara@example.com',
    rateCents: 200,
  })
  await reader.page.getByRole('button', { name: 'Edit profile' }).click()
  const preview = reader.page.locator('.preview')
  for (const text of TEXTS) {
    for (const label of ['Display name', 'Speciality', 'About your readings']) {
      await reader.page.getByLabel(label, { exact: true }).fill(text)
    }
    await expect(preview.locator('bdi')).toHaveText(text)
    await expect.poll(() => preview.locator('.speciality, .bio').allTextContents()).toEqual([text, text])
  }
  await reader.page.getByRole('button', { name: 'Change rate' }).click()
  for (const text of TEXTS) await reader.page.getByLabel('Rate per minute ($)').fill(text)
  expect(await reader.harm()).toEqual([])

  const client = await enter(browser, origin, { role: 'client', name: 'Ana', email: 'ana@example.com' })
  await client.page.getByRole('button', { name: 'Set a daily limit' }).click()
  for (const text of TEXTS) {
    await client.page.getByLabel('Daily limit ($)').fill(text)
  }
  await client.page.getByLabel('Daily limit ($)').press('Enter')
  await expect(client.page.getByText('Enter an amount in dollars').first()).toBeVisible()
  await client.page.getByRole('button', { name: 'Add funds', exact: true }).click()
  await client.page.getByRole('radio', { name: 'Other amount' }).check()
  for (const text of TEXTS) await client.page.getByLabel('Amount in dollars').fill(text)
  expect(await client.harm()).toEqual([])
})

test('[X-1] [X-2] [X-5] what is written in a session, and who rings, shows as text to both', async ({
  browser,
  server,
}) => {
  const name = INJECTIONS[16] ?? ''
  const mara = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '1.00' })
  const reader = await watch(mara)
  await becomeAvailable(mara)
  const client = await watch(await arrive(browser, server.origin, { role: 'client', name }))
  for (const { page } of [reader, client]) await page.reload()
  await client.page.getByRole('button', { name: 'Add funds', exact: true }).click()
  await client.page.getByRole('button', { name: 'Pay $20.00' }).click()
  await readerLine(client.page, 'Mara Lind').getByRole('button', { name: 'Chat' }).click()
  await expect(mara.getByRole('dialog', { name: 'Incoming request' })).toContainText(name)
  expect(await mara.title()).toBe(`${name} is calling · SoulSeer`)
  await answer(mara, 'Accept')
  await expect(client.page.getByTestId('connection-state')).toHaveText('Connected')
  for (const [index, text] of TEXTS.entries()) {
    const [from, to] = index % 2 === 0 ? [client.page, mara] : [mara, client.page]
    await from.getByRole('textbox', { name: 'Message' }).fill(text)
    await from.getByRole('textbox', { name: 'Message' }).press('Enter')
    await expect(to.locator('.line-text')).toHaveCount(index + 1)
  }
  // A line keeps its breaks; a page reports one that is too long, and leaves it to be shortened.
  const box = client.page.getByRole('textbox', { name: 'Message' })
  await box.fill('one\ntwo')
  await box.press('Enter')
  await expect(mara.locator('.line-text')).toHaveCount(TEXTS.length + 1)
  await box.fill('x'.repeat(4_001))
  await box.press('Enter')
  await expect(client.page.getByText('4,001 characters: a message can have 4,000.')).toBeVisible()
  await expect(box).toHaveValue('x'.repeat(4_001))
  for (const { page, harm } of [reader, client]) {
    expect(await page.locator('.line-text').allTextContents()).toEqual([...TEXTS, 'one\ntwo'])
    expect(await harm()).toEqual([])
  }
  await client.page.getByRole('button', { name: 'End session' }).click()
  for (const { page, harm } of [reader, client]) {
    await expect(page.getByRole('heading', { name: 'Receipt' })).toBeVisible()
    await expect(page.locator('.receipt')).toContainText(name)
    expect(await harm()).toEqual([])
  }
})

test('[X-6] the watch would notice: a script put into the page by hand is held back by the policy', async ({
  browser,
  shared,
}) => {
  const { page, harm } = await watch(await (await browser.newContext()).newPage())
  await page.goto(shared.origin)
  await page.evaluate(() => {
    const script = document.createElement('script')
    script.src = 'https://js.stripe.com/struck.js'
    document.body.append(script)
    const picture = document.createElement('img')
    picture.src = 'https://struck.example/x.png'
    document.body.append(picture)
  })
  await expect.poll(harm).toContainEqual(expect.stringContaining('policy: script-src'))
  await expect.poll(harm).toContainEqual(expect.stringContaining('policy: img-src'))
  expect(await harm()).not.toContain('a script ran')
})
