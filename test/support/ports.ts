/** Finds ports for servers that a test ends and starts again at the same address. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

// From 32,768 on the system gives ports to every program that asks for any, and to connections that
// go out: while a server is down, its own may become another's. Ours are below, and each process has
// a stretch to itself.
const FIRST = 20_000
const STRETCH = 100
const STRETCHES = 120

const ownFirst = FIRST + (process.pid % STRETCHES) * STRETCH
let given = 0

/** Returns ports that nothing listens at now, over UDP or TCP, each another. */
export async function freePorts(address: string, count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = ownFirst + (given % STRETCH)
    given += 1
    if (await isFree(address, port)) ports.push(port)
  }
  return ports
}

async function isFree(address: string, port: number): Promise<boolean> {
  const ways = [createServer().listen(port, address), createSocket('udp4').bind(port, address)]
  const opened = await Promise.all(
    ways.map((way) =>
      once(way, 'listening').then(
        () => true,
        () => false,
      ),
    ),
  )
  for (const [place, way] of ways.entries()) {
    if (!opened[place]) continue
    way.close()
    await once(way, 'close')
  }
  return opened.every(Boolean)
}
