/** Tests the return of a page that was suspended. */
import { describe, expect, it } from 'vitest'
import { type Page, Scene, settle } from './fakes.ts'

async function talking(): Promise<{ scene: Scene; client: Page; reader: Page }> {
  const scene = new Scene()
  const pages = await scene.connected()
  // By then both have shown that they respond.
  await scene.time.advance(4_000)
  return { scene, ...pages }
}

describe('a page that comes back after it was suspended', () => {
  it('after a long look elsewhere tries its path, and leaves it alone when it carries', async () => {
    const { scene, client, reader } = await talking()
    client.around?.hidden()
    await scene.time.advance(60_000)
    client.around?.shown()
    await scene.time.advance(10_000)
    expect([client.peer().restarts, reader.peer().restarts]).toEqual([0, 0])
    expect(client.socket.opened).toBe(0)
  })

  it('restarts a path that carries nothing, though the browser calls it connected', async () => {
    const { scene, reader } = await talking()
    reader.around?.hidden()
    await scene.time.advance(6_000)
    scene.net.deaf = true
    reader.around?.shown()
    await scene.time.advance(3_000)
    expect(reader.peer().connectionState).toBe('connected')
    expect(reader.peer().restarts).toBe(1)
    scene.net.restore()
    await scene.time.advance(20_000)
    expect(reader.phase()).toBe('connected')
    expect(reader.peer().restarts).toBe(1)
    expect(reader.peers).toHaveLength(1)
  })

  it('after a glance elsewhere does nothing', async () => {
    const { scene, reader } = await talking()
    scene.net.deaf = true
    reader.around?.hidden()
    await scene.time.advance(1_000)
    reader.around?.shown()
    await scene.time.advance(4_500)
    expect(reader.peer().restarts).toBe(0)
  })

  it('on a new network tries its path a second later', async () => {
    const { scene, client } = await talking()
    scene.net.deaf = true
    client.around?.online()
    // A second for the network, three for the response, two as the polite side.
    await scene.time.advance(5_999)
    expect(client.peer().restarts).toBe(0)
    await scene.time.advance(1)
    expect(client.peer().restarts).toBe(1)
  })

  it('opens a new socket when the path is lost and the old socket brings no response', async () => {
    const { scene, client, reader } = await talking()
    client.socket.dead = true
    scene.net.cut()
    await scene.time.advance(3_000)
    expect([client.socket.opened, reader.socket.opened]).toEqual([1, 0])
  })

  it('opens a new socket when the old one brings no response, and the media goes on', async () => {
    const { scene, client } = await talking()
    client.socket.dead = true
    client.around?.online()
    await scene.time.advance(4_000)
    expect(client.socket.opened).toBe(1)
    expect(client.states.at(-1)).toMatchObject({ phase: 'connected', online: true })
    expect(client.peers).toHaveLength(1)
  })

  it('opens a socket at once where it has none', async () => {
    const { scene, client } = await talking()
    client.around?.hidden()
    client.socket.lose()
    await scene.time.advance(6_000)
    expect(client.socket.opened).toBe(0)
    client.around?.shown()
    await scene.time.advance(1)
    expect(client.socket.opened).toBe(1)
  })

  it('after a sleep of the machine is noticed by the time that has passed', async () => {
    const { scene, client } = await talking()
    client.socket.dead = true
    scene.time.sleep(600_000)
    await scene.time.advance(6_000)
    expect(client.socket.opened).toBe(1)
  })

  it('says nothing and does nothing after the end', async () => {
    const { scene, client } = await talking()
    const { around } = client
    client.call.stop()
    expect(client.around).toBeUndefined()
    around?.hidden()
    await scene.time.advance(60_000)
    around?.shown()
    await scene.time.advance(60_000)
    expect(client.socket.opened).toBe(0)
    expect(client.errors).toEqual([])
  })
})

describe('a seat that cannot be had', () => {
  it('is asked for less and less often', async () => {
    const scene = new Scene()
    const client = scene.open('client')
    scene.server.refusal = { ok: false, error: { code: 'busy', message: 'In a moment.' } }
    client.call.start()
    await scene.time.advance(60_000)
    // At 0, 2, 6, 14, 29, 44 and 59 seconds.
    expect(scene.server.joins).toBe(7)
    scene.server.refusal = undefined
    await scene.time.advance(15_000)
    await settle()
    expect(client.phase()).toBe('waiting')
  })
})
