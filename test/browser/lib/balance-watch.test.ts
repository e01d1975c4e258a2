/** Tests when a page asks for the balance. */
import { expect, it } from 'vitest'
import { type BalanceWatchParts, watchBalance } from '../../../browser/lib/balance-watch.ts'

function watched() {
  const heard: number[] = []
  const listeners: ((told: { balanceCents: number }) => void)[] = []
  const asked: ((balanceCents: number) => void)[] = []
  let tick = () => {}
  let comeBack = () => {}
  const socket = {
    connected: true,
    on: (_event: string, hear: (typeof listeners)[number]) => void listeners.push(hear),
    listeners: () => listeners,
  }
  socket.on('balance', ({ balanceCents }) => heard.push(balanceCents))
  const checkBalance = () =>
    new Promise((resolve) => {
      asked.push((balanceCents) => resolve({ ok: true, value: { balanceCents } }))
    })
  watchBalance({
    api: { checkBalance },
    socket,
    userId: 'ana',
    every: (_ms: number, run: () => void) => {
      tick = run
    },
    onReturn: (run: () => void) => {
      comeBack = run
    },
  } as unknown as BalanceWatchParts)
  const tell = (balanceCents: number) => {
    for (const hear of listeners) hear({ balanceCents })
  }
  const answer = async (balanceCents: number) => {
    asked.shift()?.(balanceCents)
    await Promise.resolve()
    await Promise.resolve()
  }
  return { heard, socket, asked, tick: () => tick(), comeBack: () => comeBack(), tell, answer }
}

it('the balance is asked for while the socket is away, and not while it is there', async () => {
  const page = watched()
  page.tick()
  expect(page.asked).toHaveLength(0)
  page.socket.connected = false
  page.tick()
  await page.answer(1_500)
  expect(page.heard).toEqual([1_500])
})

it('it is requested when the person comes back to the tab', async () => {
  const page = watched()
  page.comeBack()
  await page.answer(700)
  expect(page.heard).toEqual([700])
})

it('a response that was overtaken by the socket is left out', async () => {
  const page = watched()
  page.comeBack()
  page.tell(900)
  await page.answer(700)
  expect(page.heard).toEqual([900])
})
