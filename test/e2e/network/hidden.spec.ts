/** Tests a call in a tab whose timers are slowed. */
import { expect, type Page } from '@playwright/test'
import { cutSocket } from '../../support/e2e/media.ts'
import { answer, arrive, becomeAvailable, ring } from '../../support/e2e/people.ts'
import { test } from '../../support/e2e/test.ts'

/** The hooks of a page that has `holdTimers`. */
interface Held {
  /** The page's own timers ring once a minute, as behind another tab. */
  isHidden: boolean
  /** Messages from the page to the other one are lost. */
  isDeaf: boolean
}

test('behind another tab, where timers ring once a minute, a call comes back within seconds', async ({
  browser,
  server,
}) => {
  const reader = await arrive(browser, server.origin, { role: 'reader', name: 'Mara Lind', rate: '2.00' })
  const client = await arrive(browser, server.origin, {
    role: 'client',
    name: 'Ana Reyes',
    fundsCents: 1_000,
  })
  const pages = [client, reader]
  for (const page of pages) {
    await page.addInitScript(holdTimers)
    await page.reload()
  }
  await becomeAvailable(reader)
  await ring(client, 'Mara Lind', 'Chat')
  await answer(reader, 'Accept')
  await expectConnected(pages)
  for (const page of pages) await turn(page, { isHidden: true })

  for (const page of pages) await turn(page, { isDeaf: true })
  for (const page of pages) await expect(page.getByTestId('connection-state')).toContainText('not charging')
  for (const page of pages) await turn(page, { isDeaf: false })
  await expectConnected(pages)

  const restore = await cutSocket(client)
  await expect(client.getByTestId('connection-state')).toContainText('not charging')
  await restore()
  await expectConnected(pages)
})

/** Waits for seconds, and for less than the minute after which a timer rings. */
async function expectConnected(pages: readonly Page[]): Promise<void> {
  for (const page of pages) await expect(page.getByTestId('connection-state')).toHaveText('Connected')
}

function turn(page: Page, held: Partial<Held>): Promise<void> {
  return page.evaluate((held) => {
    Object.assign((window as unknown as { held: Held }).held, held)
  }, held)
}

/** Runs in the page, before anything of it. */
function holdTimers(): void {
  const held: Held = { isHidden: false, isDeaf: false }
  Object.assign(window, { held })
  const { setTimeout: after, setInterval: every } = window
  const soonOrInAMinute = (run: () => void) => () => {
    if (held.isHidden) after(run, 60_000)
    else run()
  }
  Object.assign(window, {
    setTimeout: (run: () => void, ms?: number) => after(soonOrInAMinute(run), ms),
    setInterval: (run: () => void, ms?: number) => every(() => held.isHidden || run(), ms),
  })
  const { send } = RTCDataChannel.prototype
  RTCDataChannel.prototype.send = function (data: never) {
    if (!held.isDeaf) send.call(this, data)
  }
}
