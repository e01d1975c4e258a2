/** Builds two machines and a network between them, out of network namespaces (`Lab`). */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * One person's machine: a network namespace with a cable to the server's, and a second network that
 * it can move to.
 */
export interface Machine {
  /** A program that starts `chromium` on this machine. */
  readonly browser: string
  /** Loses everything that is sent, without an error: the cable looks plugged in. */
  cut(): void
  mend(): void
  /**
   * Leaves the first network and takes the second, with another address, as a phone that walks out
   * of its Wi-Fi.
   */
  move(): void
  /**
   * Gives a batch of commands to the machine's packet filter, all or none; returns what `nft`
   * prints, rejects with what it says against them.
   */
  filter(commands: string): Promise<string>
  /** Stops every program on this machine, as sleep does; returns the function that wakes them. */
  freeze(): () => void
}

export interface Lab {
  /** The address at which the machines reach the servers on this one. */
  readonly address: string
  readonly client: Machine
  readonly reader: Machine
  stop(): void
}

/** The network card of a machine in its first network. */
export const CARD = 'wifi'

const BRIDGE_SIDE = 1
const CLIENT = 2
const READER = 3

/**
 * Builds two machines and a bridge between them, out of the system's network namespaces. Both
 * machines see each other in the first network; from the second, the other machine can be reached
 * only over this one's relay. They go away with this process, even without a call of `stop`. The
 * cables get no addresses of their own: with each that comes, every browser on this machine drops
 * what it is connecting.
 */
export function buildLab(chromium: string): Lab {
  removeAbandoned()
  const name = `ss${process.pid}`
  const folder = mkdtempSync(join(tmpdir(), 'soulseer-lab-'))
  const first = `10.213.${process.pid % 250}`
  const second = `10.214.${process.pid % 250}`
  const bridge = `${name}b`
  const undo: (() => void)[] = [() => rmSync(folder, { recursive: true, force: true })]
  const stop = () => {
    process.off('exit', stop)
    for (const step of undo.splice(0).reverse()) step()
  }
  process.once('exit', stop)

  try {
    ip(`link add ${bridge} type bridge forward_delay 0`)
    undo.push(() => ip(`link del ${bridge}`))
    for (const network of [first, second]) ip(`addr add ${network}.${BRIDGE_SIDE}/24 dev ${bridge}`)
    ip(`link set ${bridge} addrgenmode none`)
    ip(`link set ${bridge} up`)
    const machine = (letter: string, host: number) => {
      const space = name + letter
      ip(`netns add ${space}`)
      undo.push(() => ip(`netns del ${space}`))
      return plugIn({
        undo,
        space,
        bridge,
        first,
        second,
        host,
        browser: startIn(space, chromium, join(folder, space)),
      })
    }
    return {
      address: `${first}.${BRIDGE_SIDE}`,
      client: machine('c', CLIENT),
      reader: machine('r', READER),
      stop,
    }
  } catch (error) {
    stop()
    throw error
  }
}

interface Place {
  undo: (() => void)[]
  space: string
  bridge: string
  first: string
  second: string
  host: number
  browser: string
}

/** Connects a namespace with the bridge, and returns it as a machine. */
function plugIn({ undo, space, bridge, first, second, host, browser }: Place): Machine {
  ip(`-n ${space} link set lo up`)
  const plug = (port: string, network: string) => {
    ip(`link add ${space}${port} type veth peer name ${port} netns ${space}`)
    // A namespace keeps its cables, and their names, until the last program in it has ended.
    undo.push(() => ip(`link del ${space}${port}`))
    ip(`link set ${space}${port} addrgenmode none`)
    ip(`link set ${space}${port} master ${bridge} up`)
    ip(`-n ${space} addr add ${network}.${host}/24 dev ${port}`)
    ip(`-n ${space} link set ${port} up`)
  }
  plug(CARD, first)
  return {
    browser,
    cut: () => ip(`link set ${space}${CARD} nomaster`),
    mend: () => ip(`link set ${space}${CARD} master ${bridge}`),
    move: () => {
      plug('cell', second)
      ip(`-n ${space} route add default via ${second}.${BRIDGE_SIDE}`)
      ip(`-n ${space} link set ${CARD} down`)
    },
    filter: async (commands) => {
      const nft = promisify(execFile)('ip', ['netns', 'exec', space, 'nft', '-f', '-'])
      nft.child.stdin?.end(commands)
      return (await nft).stdout
    },
    freeze: () => freezeIn(space),
  }
}

/** Returns why no lab can be built here; undefined when it can. */
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

/** Removes what a killed process left behind, unless programs still run there. */
function removeAbandoned(): void {
  for (const line of ip('netns list').split('\n')) {
    const [space = '', pid] = /^ss(\d+)[crp]\b/.exec(line) ?? []
    if (!pid || isRunning(Number(pid)) || ip(`netns pids ${space}`).trim() !== '') continue
    ip(`netns del ${space}`)
    try {
      ip(`link del ss${pid}b`)
    } catch {
      // It went with the other machine's namespace.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function freezeIn(space: string): () => void {
  const frozen = ip(`netns pids ${space}`).split('\n').filter(Boolean).map(Number)
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
    // One of them may have ended already.
    for (const pid of frozen.filter(isRunning)) process.kill(pid, name)
  }
  const thaw = () => {
    process.off('exit', thaw)
    signal('SIGCONT')
  }
  process.once('exit', thaw)
  signal('SIGSTOP')
  return thaw
}

/** Runs `ip` with these arguments; returns its output, throws its errors. */
function ip(words: string): string {
  return execFileSync('ip', words.split(' '), { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
}

function startIn(space: string, program: string, file: string): string {
  writeFileSync(file, `#!/bin/sh\nexec ip netns exec ${space} ${program} "$@"\n`, { mode: 0o755 })
  return file
}
