/** Tests that calls survive reloads and crossing ICE restarts. */
import { expect, type Page } from '@playwright/test'
import { meet } from '../support/e2e/calls.ts'
import { expectGrowing } from '../support/e2e/media.ts'
import { answer, ring } from '../support/e2e/people.ts'
import { test } from '../support/e2e/test.ts'

test('a voice call comes back from reloads on either side and from crossing ICE restarts, and moves to a new tab', async ({
  browser,
  server,
}) => {
  const { client, reader } = await meet({ client: browser, reader: browser }, server.origin, { rate: '2.00' })
  const sessionId = await ring(client, 'Mara Lind', 'Voice')
  await answer(reader, 'Accept')
  await talk(client, reader, 'at first')

  await client.reload()
  await talk(client, reader, 'after the client came back')
  await reader.reload()
  await talk(client, reader, 'after the reader came back')

  const before = await Promise.all([client, reader].map(ufragOf))
  await Promise.all([client, reader].map(restartIce))
  for (const [index, page] of [client, reader].entries()) {
    await expect.poll(() => ufragOf(page)).not.toBe(before[index])
  }
  await talk(client, reader, 'on a new path')

  const second = await client.context().newPage()
  await second.goto(`${server.origin}/session/${sessionId}`)
  await expect(client.getByRole('heading', { name: 'open in another tab' })).toBeVisible()
  await client.close()
  await talkInWriting(second, reader, 'from another tab')
})

/** Checks that sound comes in on both sides, and that a line crosses each way. */
async function talk(client: Page, reader: Page, when: string): Promise<void> {
  await talkInWriting(client, reader, when)
  for (const page of [client, reader]) await expectGrowing(page, 'totalSamplesReceived')
}

async function talkInWriting(client: Page, reader: Page, when: string): Promise<void> {
  for (const [from, to] of [
    [client, reader],
    [reader, client],
  ] as const) {
    const line = `${from === client ? 'Ana' : 'Mara'} ${when}`
    const box = from.getByRole('textbox', { name: 'Message' })
    // The box may close in the moment in which Send is pressed: what was not taken stays in it.
    await expect(async () => {
      await box.fill(line)
      await from.getByRole('button', { name: 'Send' }).click()
      await expect(box).toHaveValue('', { timeout: 1_000 })
    }).toPass()
    await expect(to.getByRole('log')).toContainText(line)
  }
}

function ufragOf(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const { opened } = window as unknown as { opened: RTCPeerConnection[] }
    return /a=ice-ufrag:(\S+)/.exec(opened.at(-1)?.currentLocalDescription?.sdp ?? '')?.[1]
  })
}

function restartIce(page: Page): Promise<void> {
  return page.evaluate(() => {
    const { opened } = window as unknown as { opened: RTCPeerConnection[] }
    opened.at(-1)?.restartIce()
  })
}
