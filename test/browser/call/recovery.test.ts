/** Tests the recovery of a lost connection. */
import { describe, expect, it } from 'vitest'
import { Scene, settle } from './fakes.ts'

describe('a lost path', () => {
  it('that recovers within three seconds is left alone', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    scene.net.cut()
    await scene.time.advance(2_500)
    expect(client.phase()).toBe('reconnecting')
    scene.net.restore()
    await scene.time.advance(10_000)
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    expect([client.peer().restarts, reader.peer().restarts]).toEqual([0, 0])
  })

  it('that heals while the machine sleeps counts again with the first word over it', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    scene.net.cut()
    scene.time.sleep(6_000)
    scene.net.restore()
    await scene.time.advance(2_000)
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    const last = (seat: string) => scene.server.states.findLast((told) => told.seat === seat)?.state
    expect([last('client'), last('reader')]).toEqual(['connected', 'connected'])
  })

  it('over which bytes still come is left alone', async () => {
    const scene = new Scene()
    const { reader } = await scene.connected()
    scene.net.cut()
    for (let second = 0; second < 9; second += 1) {
      scene.net.bytes += 100
      await scene.time.advance(1_000)
    }
    expect(reader.peer().restarts).toBe(0)
  })

  it('over which nothing comes is restarted, on the same connection', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    scene.net.cut()
    scene.net.up = true
    await scene.time.advance(3_000)
    expect(reader.peer().restarts).toBe(1)
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    expect([client.peers.length, reader.peers.length]).toEqual([1, 1])
  })

  it('that failed is restarted at once, by the reader', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    scene.net.fail()
    scene.net.up = true
    await scene.time.advance(0)
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    expect([client.peer().restarts, reader.peer().restarts]).toEqual([0, 1])
  })

  it('is restarted only when the other page can be reached', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    reader.socket.lose()
    scene.net.fail()
    scene.net.up = true
    await scene.time.advance(20_000)
    expect([client.peer().restarts, reader.peer().restarts]).toEqual([0, 0])
    reader.socket.comeBack()
    await settle()
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
  })

  it('that three restarts do not mend gets a new connection', async () => {
    const scene = new Scene()
    const { client, reader } = await scene.connected()
    scene.net.fail()
    await scene.time.advance(45_000)
    expect(reader.peers[0]?.restarts).toBe(3)
    expect(reader.peers).toHaveLength(2)
    scene.net.restore()
    await scene.time.advance(20_000)
    expect([client.phase(), reader.phase()]).toEqual(['connected', 'connected'])
    expect([client.errors, reader.errors]).toEqual([[], []])
  })
})
