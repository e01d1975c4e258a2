/** Tests two pages over a signaling that loses, delays and doubles messages. */
import { describe, expect, it } from 'vitest'
import fc from '../../support/properties.ts'
import { sampleSize } from '../../support/sample.ts'
import { fakeStream, fakeTrack, type Page, Scene } from './fakes.ts'

type Seat = 'client' | 'reader'
type Pages = Record<Seat, Page>
type Step =
  | { do: 'wait' | 'sleep'; ms: number }
  | { do: 'lose' | 'back' | 'dead' | 'reload' | 'tab' | 'restart' | 'awake' | 'say' | 'switch'; seat: Seat }
  | { do: 'cut' | 'fail' | 'deafen' | 'restore' | 'reboot' }
  | { do: 'weather'; lost: number; delayed: number; repeated: number }

const seat = fc.constantFrom('client' as const, 'reader' as const)
const outOfFive = fc.integer({ min: 0, max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 9_000 }) }),
  },
  fc.record({ do: fc.constant('sleep' as const), ms: fc.integer({ min: 1_000, max: 30_000 }) }),
  fc.record({ do: fc.constantFrom('lose' as const, 'back', 'dead', 'reload', 'tab'), seat }),
  fc.record({ do: fc.constantFrom('restart' as const, 'awake', 'say', 'switch'), seat }),
  fc.record({ do: fc.constantFrom('cut' as const, 'fail', 'deafen', 'restore', 'reboot') }),
  fc.record({
    do: fc.constant('weather' as const),
    lost: outOfFive,
    delayed: outOfFive,
    repeated: outOfFive,
  }),
)

/**
 * Loses, delays or doubles every fifth message as often as given: without chance, so that a failing
 * storm can be repeated.
 */
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
const VOICE = { kind: 'voice' as const, getMedia: async () => fakeStream(fakeTrack('audio')) }

/** A voice session in a storm, and everything that must hold at every moment of it. */
class Storm {
  readonly opened: Page[] = []
  readonly scene: Scene
  readonly pages: Pages

  private constructor(scene: Scene, pages: Pages) {
    this.scene = scene
    this.pages = pages
  }

  static async begin(): Promise<Storm> {
    const scene = new Scene()
    const storm = new Storm(scene, await scene.live(VOICE))
    storm.look()
    return storm
  }

  async take(next: Step): Promise<void> {
    await this.weather(next)
    this.look()
  }

  /** The storm is over; long enough for every ladder to come to its end. */
  async calmDown(): Promise<void> {
    setWeather(this.scene, CALM)
    this.scene.net.restore()
    for (const { socket } of Object.values(this.pages)) {
      socket.dead = false
      if (!socket.connected) socket.comeBack()
    }
    // A page that gave up does so when the server ends the session, too.
    if (this.isOver()) this.scene.server.tellAll('session:ended', { session: { id: 'session-1' } })
    for (let calm = 0, turn = 0; calm < 2 && turn < 6; turn += 1) {
      await this.scene.time.advance(20_000)
      calm = this.areConnected() ? calm + 1 : 0
    }
  }

  areConnected(): boolean {
    return Object.values(this.pages).every((page) => page.phase() === 'connected')
  }

  isOver(): boolean {
    return Object.values(this.pages).some((page) => page.phase() === 'unreachable')
  }

  private look(): void {
    for (const page of Object.values(this.pages)) if (!this.opened.includes(page)) this.opened.push(page)
    for (const page of this.opened) {
      expect(page.errors).toEqual([])
      expect(page.peers.filter((peer) => peer.signalingState !== 'closed').length).toBeLessThanOrEqual(1)
    }
  }

  private async weather(next: Step): Promise<void> {
    const { scene, pages } = this
    if (next.do === 'wait') return scene.time.advance(next.ms)
    if (next.do === 'sleep') return scene.time.sleep(next.ms)
    if (next.do === 'weather') return setWeather(scene, next)
    if ('seat' in next) return this.befall(next)
    if (next.do === 'deafen') scene.net.deaf = true
    else if (next.do !== 'reboot') scene.net[next.do]()
    else for (const { socket } of Object.values(pages)) if (socket.connected) socket.lose()
  }

  private async befall(next: Step & { seat: Seat }): Promise<void> {
    const { scene, pages } = this
    const page = pages[next.seat]
    if (next.do === 'lose' && page.socket.connected) page.socket.lose()
    if (next.do === 'back' && !page.socket.connected) page.socket.comeBack()
    if (next.do === 'dead') page.socket.dead = page.socket.connected
    if (next.do === 'say') page.call.sendChat(`line ${scene.time.read()}`)
    if (next.do === 'restart') page.peers.at(-1)?.restartIce()
    if (next.do === 'awake') page.around?.online()
    if (next.do === 'switch') void page.call.useDevice('microphone', 'another')
    if (next.do === 'reload') pages[next.seat] = await scene.reload(page, VOICE)
    if (next.do === 'tab') pages[next.seat] = await scene.secondTab(page, VOICE)
  }
}

const numRuns = sampleSize(300, 5_000)
const LONG_MS = 180_000 + 60 * numRuns // for a machine that has other work as well

describe('a call in a storm of losses, delays, repeats, broken paths, lost sockets, sleeps, reloads and second tabs', () => {
  it(
    'is connected again or has a stated end, with one connection a page and nothing stale applied',
    async () => {
      let givenUp = 0
      const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const storm = await Storm.begin()
        for (const next of steps) await storm.take(next)
        await storm.calmDown()
        const phases = Object.values(storm.pages).map((page) => page.phase())
        if (storm.isOver()) {
          expect(phases.every((phase) => phase === 'unreachable' || phase === 'ended')).toBe(true)
          givenUp += 1
          return
        }
        expect(phases).toEqual(['connected', 'connected'])
        expect(storm.opened.flatMap((page) => page.errors)).toEqual([])
        for (const page of Object.values(storm.pages)) {
          expect(page.peers.filter((peer) => peer.signalingState !== 'closed')).toHaveLength(1)
          expect(page.peer().sending()).toEqual(['audio'])
          expect(page.theirs.at(-1)).toMatchObject({ microphone: 'on' })
        }
      })
      await fc.assert(property, { numRuns })
      expect(givenUp, 'most storms are survived').toBeLessThan(numRuns / 5)
    },
    LONG_MS,
  )

  it(
    'loses and doubles no line between two pages that stay open',
    async () => {
      const staying = step.filter((next) => next.do !== 'reload' && next.do !== 'tab')
      const property = fc.asyncProperty(fc.array(staying, { maxLength: 25 }), async (steps) => {
        const storm = await Storm.begin()
        const said: Record<Seat, string[]> = { client: [], reader: [] }
        for (const [index, next] of steps.entries()) {
          if (next.do !== 'say') await storm.take(next)
          else if (storm.pages[next.seat].call.sendChat(`line ${index}`))
            said[next.seat].push(`line ${index}`)
        }
        await storm.calmDown()
        if (storm.isOver()) return
        expect(storm.pages.reader.chat.map((line) => line.text)).toEqual(said.client)
        expect(storm.pages.client.chat.map((line) => line.text)).toEqual(said.reader)
      })
      await fc.assert(property, { numRuns })
    },
    LONG_MS,
  )
})
