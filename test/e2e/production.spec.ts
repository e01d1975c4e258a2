/** Tests the site as strangers meet it: production's settings, TLS, two proxies, and one name. */
import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { type Browser, type BrowserContext, chromium, expect, type Page, test } from '@playwright/test'
import { startRenderProxy } from '../../dev/render-proxy.js'
import config from '../../playwright.config.ts'
import { TEST_DATA_KEY } from '../support/data-key.ts'
import { expectGrowing, openStage } from '../support/e2e/media.ts'
import { answer, becomeAvailable, ring } from '../support/e2e/people.ts'
import { type RunningServer, startServer } from '../support/e2e/server.ts'
import { peopleAt } from '../support/people.ts'

const ORIGIN = 'https://soulseer.app'
const PRODUCTION = {
  NODE_ENV: 'production',
  SESSION_SECRET: 'a secret for this one test, long enough',
  DATA_KEY: TEST_DATA_KEY,
  STRIPE_SECRET_KEY: 'sk_test_nobody',
  STRIPE_PUBLISHABLE_KEY: 'pk_test_nobody',
  STRIPE_WEBHOOK_SECRET: 'whsec_nobody',
  STRIPE_TEST_MODE: 'yes',
  EXPECT_DATA: 'yes',
  RATE_LIMITS: 'on',
  BCRYPT_COST: '10',
  NODE_OPTIONS: '--disable-proto=delete',
}

interface Site {
  server: RunningServer
  browser: Browser
  stop(): Promise<void>
}

/** Starts a site that has been deployed again since its people, who have money, visited it. */
async function startSite(): Promise<Site> {
  const before = await startServer({ SESSION_SECRET: PRODUCTION.SESSION_SECRET, DATA_KEY: TEST_DATA_KEY })
  const people = peopleAt(before.origin)
  await people.client('Ana')
  const reader = await people.reader('Mara', 250)
  await reader.send('POST', '/availability', { available: false })
  people.leave()
  // A payment through the stand-in would keep the folder out of production.
  execFileSync(
    process.execPath,
    [
      resolve('dist/scripts/admin.js'),
      ...['goodwill', 'ana@example.com', '50', '--by', 'Olu', '--why', 'a start'],
    ],
    { env: { PATH: process.env.PATH, DATA_DIR: join(before.dataDir, 'data') } },
  )
  await before.end('SIGTERM')
  const server = await startServer({ ...PRODUCTION, DATA_DIR: join(before.dataDir, 'data') })
  const proxy = await startRenderProxy({ target: server.origin })
  const rules = ['soulseer.app', 'www.soulseer.app'].flatMap((name) => [
    `MAP ${name}:443 127.0.0.1:${proxy.httpsPort}`,
    `MAP ${name}:80 127.0.0.1:${proxy.httpPort}`,
  ])
  const launch = config.use?.launchOptions
  const browser = await chromium.launch({
    ...launch,
    args: [
      ...(launch?.args ?? []),
      '--ignore-certificate-errors',
      `--host-resolver-rules=${rules.join(', ')}`,
    ],
  })
  return {
    server,
    browser,
    async stop() {
      await browser.close()
      await proxy.stop()
      expect(await server.stop(), 'the server stops cleanly').toBe(0)
      await before.stop()
    },
  }
}

/** Records every address that the context asks for, sockets included. */
function listen(context: BrowserContext): string[] {
  const asked: string[] = []
  context.on('request', (request) => asked.push(request.url()))
  context.on('page', (page) => page.on('websocket', (socket) => asked.push(socket.url())))
  return asked
}

async function logIn(page: Page, email: string): Promise<void> {
  await page.goto(ORIGIN)
  await page.getByRole('tab', { name: 'Log in', exact: true }).click()
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill('correct horse')
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.waitForURL(`${ORIGIN}/dashboard`)
}

test.use({ serviceWorkers: 'allow' })

test('two people meet at soulseer.app, and nothing goes anywhere else', async () => {
  const site = await startSite()
  const contexts = [await site.browser.newContext(), await site.browser.newContext()] as const
  const asked = contexts.map(listen)
  const [client, reader] = (await Promise.all(contexts.map((context) => context.newPage()))) as [Page, Page]
  const complaints: string[] = []
  for (const page of [client, reader]) {
    page.setDefaultTimeout(20_000)
    await openStage(page)
    page.on('console', (message) => {
      if (/Content.Security.Policy|Permissions-Policy|Mixed Content/i.test(message.text()))
        complaints.push(message.text())
    })
  }

  await logIn(reader, 'mara@example.com')
  await logIn(client, 'ana@example.com')
  await becomeAvailable(reader)
  await ring(client, 'Mara', 'Video')
  await answer(reader, 'Accept')
  for (const page of [client, reader]) await expectGrowing(page, 'framesDecoded')
  await expect(client.getByTestId('timer')).not.toHaveText('00:00')
  await client.getByRole('button', { name: 'End session' }).click()
  for (const page of [client, reader]) {
    await expect(page.getByRole('heading', { name: 'Session summary' })).toBeVisible()
  }

  for (const urls of asked) {
    expect(urls.length).toBeGreaterThan(5)
    expect(urls.some((url) => url.startsWith('wss://soulseer.app/'))).toBe(true)
    const elsewhere = urls.filter((url) => !/^(https|wss):\/\/soulseer\.app\/|^(data|blob):/.test(url))
    expect(elsewhere).toEqual([])
  }
  expect(complaints).toEqual([])
  const cookies = await contexts[0].cookies()
  for (const cookie of cookies) {
    expect(cookie).toMatchObject({
      secure: true,
      httpOnly: true,
      sameSite: 'Lax',
      domain: 'soulseer.app',
      path: '/',
    })
    expect(cookie.name).toMatch(/^__Host-/)
  }
  await site.stop()
})

test('every other name and plain http lead to soulseer.app', async () => {
  const site = await startSite()
  const page = await site.browser.newPage()
  for (const address of [
    'http://soulseer.app/',
    'https://www.soulseer.app/',
    'http://www.soulseer.app/?a=1',
  ]) {
    await page.goto(address)
    expect(new URL(page.url()).origin).toBe(ORIGIN)
  }
  await site.stop()
})
