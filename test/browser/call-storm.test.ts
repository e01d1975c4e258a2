import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Page, Scene } from './call-fakes.ts'

type Step =
  | { do: 'wait'; ms: number }
  | { do: 'lose' | 'back' | 'reload' | 'restart' | 'say'; seat: 'client' | 'reader' }
  | { do: 'cut' | 'fail' | 'restore' }
  | { do: 'weather'; lost: number; delayed: number; repeated: number }

const seat = fc.constantFrom('client' as const, 'reader' as const)
const outOfFive = fc.integer({ min: 0, max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  fc.record({ do: fc.constantFrom('lose' as const, 'back', 'reload', 'restart', 'say'), seat }),
  fc.record({ do: fc.constantFrom('cut' as const, 'fail', 'restore') }),
  fc.record({
    do: fc.constant('weather' as const),
    lost: outOfFive,
    delayed: outOfFive,
    repeated: outOfFive,
  }),
)

/** Every fifth word is lost, late or doubled so often as told: no dice, so a failing storm can be run again. */
function setWeather(scene: Scene, { lost, delayed, repeated }: Step & { do: 'weather' }): void {
  let words = 0
  scene.server.loses = (event) => event !== 'rtc:state' && words++ % 5 < lost
  scene.server.carry = (deliver) => {
    if (words % 5 < repeated) scene.time.after(700, deliver)
    if (words % 5 < delayed) scene.time.after(100 + 331 * (words % 7), deliver)
    else deliver()
  }
}

const CALM = { do: 'weather', lost: 0, delayed: 0, repeated: 0 } as const

async function take(scene: Scene, pages: Record<'client' | 'reader', Page>, next: Step): Promise<void> {
  if (next.do === 'wait') return scene.time.advance(next.ms)
  if (next.do === 'weather') return setWeather(scene, next)
  if (!('seat' in next)) return scene.net[next.do]()
  const page = pages[next.seat]
  if (next.do === 'lose' && page.socket.connected) page.socket.lose()
  if (next.do === 'back' && !page.socket.connected) page.socket.comeBack()
  if (next.do === 'say') page.call.sendChat(`line ${scene.time.read()}`)
  if (next.do === 'restart') page.peers.at(-1)?.restartIce()
  if (next.do === 'reload') pages[next.seat] = await scene.reload(page)
}

async function calmDown(scene: Scene, pages: Record<'client' | 'reader', Page>): Promise<void> {
  setWeather(scene, CALM)
  scene.net.restore()
  for (const page of Object.values(pages)) if (!page.socket.connected) page.socket.comeBack()
  await scene.time.advance(120_000)
}

const ways = { numRuns: 300, seed: 20_260_101 }

describe('a call in a storm of losses, delays, repeats, broken paths, lost sockets and reloads', () => {
  it('is connected again when the storm is over, with nothing thrown on the way', async () => {
    const storm = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const scene = new Scene()
      const pages: Record<'client' | 'reader', Page> = await scene.connected()
      const opened = new Set<Page>(Object.values(pages))
      for (const next of steps) {
        await take(scene, pages, next)
        for (const page of Object.values(pages)) opened.add(page)
      }
      await calmDown(scene, pages)
      expect(Object.values(pages).map((page) => page.phase())).toEqual(['connected', 'connected'])
      expect([...opened].flatMap((page) => page.errors)).toEqual([])
      expect(scene.net.living()).toHaveLength(2)
    })
    await fc.assert(storm, ways)
  })

  it('loses and doubles no line between two pages that stay open', async () => {
    const staying = step.filter((next) => next.do !== 'reload')
    const storm = fc.asyncProperty(fc.array(staying, { maxLength: 25 }), async (steps) => {
      const scene = new Scene()
      const pages: Record<'client' | 'reader', Page> = await scene.connected()
      const said: Record<'client' | 'reader', string[]> = { client: [], reader: [] }
      for (const [index, next] of steps.entries()) {
        if (next.do !== 'say') await take(scene, pages, next)
        else if (pages[next.seat].call.sendChat(`line ${index}`)) said[next.seat].push(`line ${index}`)
      }
      await calmDown(scene, pages)
      expect(pages.reader.chat.map((line) => line.text)).toEqual(said.client)
      expect(pages.client.chat.map((line) => line.text)).toEqual(said.reader)
    })
    await fc.assert(storm, ways)
  })
})
