import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One person's machine: a network namespace with a cable to the server's, and a second network that it can move to. */
export interface Machine {
  /** A program that starts `chromium` on this machine. */
  readonly browser: string
  /** Everything that is sent is lost, and nobody is told: the cable looks plugged in. */
  cut(): void
  mend(): void
  /** Leaves the first network and takes the second, with another address, as a phone that walks out of its Wi-Fi. */
  move(): void
}

export interface Lab {
  /** Where the machines reach whatever listens on this one. */
  readonly address: string
  readonly client: Machine
  readonly reader: Machine
  stop(): void
}

const BRIDGE_SIDE = 1
const CLIENT = 2
const READER = 3

/**
 * Two machines and a bridge between them, out of the system's network namespaces. Both machines see each other in the first
 * network; from the second, there is no way to the other machine but over this one's relay.
 */
export function buildLab(chromium: string): Lab {
  const name = `ss${process.pid}`
  const folder = mkdtempSync(join(tmpdir(), 'soulseer-lab-'))
  const first = `10.213.${process.pid % 250}`
  const second = `10.214.${process.pid % 250}`
  const bridge = `${name}b`
  ip(`link add ${bridge} type bridge forward_delay 0`)
  for (const network of [first, second]) ip(`addr add ${network}.${BRIDGE_SIDE}/24 dev ${bridge}`)
  ip(`link set ${bridge} up`)
  const made: string[] = []

  const machine = (letter: string, host: number): Machine => {
    const space = name + letter
    ip(`netns add ${space}`)
    made.push(space)
    ip(`-n ${space} link set lo up`)
    const plug = (port: string, network: string) => {
      ip(`link add ${space}${port} type veth peer name ${port} netns ${space}`)
      ip(`link set ${space}${port} master ${bridge} up`)
      ip(`-n ${space} addr add ${network}.${host}/24 dev ${port}`)
      ip(`-n ${space} link set ${port} up`)
    }
    plug('wifi', first)
    return {
      browser: startIn(space, chromium, join(folder, space)),
      cut: () => ip(`link set ${space}wifi nomaster`),
      mend: () => ip(`link set ${space}wifi master ${bridge}`),
      move: () => {
        plug('cell', second)
        ip(`-n ${space} route add default via ${second}.${BRIDGE_SIDE}`)
        ip(`-n ${space} link set wifi down`)
      },
    }
  }

  return {
    address: `${first}.${BRIDGE_SIDE}`,
    client: machine('c', CLIENT),
    reader: machine('r', READER),
    stop: () => {
      // Its cables go with it, once the last program in it has ended.
      for (const space of made) ip(`netns del ${space}`)
      ip(`link del ${bridge}`)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Why no lab can be built here; undefined when it can. */
export function labIsMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const probe = `ss${process.pid}p`
  try {
    ip(`netns add ${probe}`)
    ip(`link add ${probe}b type bridge`)
    ip(`link del ${probe}b`)
    ip(`netns del ${probe}`)
    return undefined
  } catch (error) {
    return `network namespaces are not allowed here: ${error}`
  }
}

/** What `ip` is told; throws what it says against it. */
function ip(words: string): void {
  execFileSync('ip', words.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] })
}

function startIn(space: string, program: string, file: string): string {
  writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${space} ${program} "$@"\n`, { mode: 0o755 })
  return file
}
