/** Runs a server under measurement in a process of its own, and reads its CPU and memory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { MemoryReading, Question, StallReading } from './probe.ts'

export interface Host {
  readonly url: string
  /** Returns the CPU that the process has used so far, all its threads together. */
  cpuSeconds(): number
  /** Its memory after a full collection, which stalls it for a moment. */
  memory(): Promise<MemoryReading>
  /** Returns the delays of its event loop since the last call. */
  stalls(): Promise<StallReading>
  /** Asks it to stop, waits until it has, and returns its exit code. */
  stop(): Promise<number | null>
}

const PROBE = fileURLToPath(new URL('probe.js', import.meta.url))
const TICKS_PER_SECOND = 100 // what Linux reports /proc times in, whatever the kernel's own rate

/**
 * Starts the program; resolves once it has reported its address, rejects when it ends before that.
 */
export async function startHost(parts: {
  script: string
  env: Record<string, string>
  cwd: string
  nodeFlags?: readonly string[]
}): Promise<Host> {
  const args = ['--expose-gc', '--import', PROBE, ...(parts.nodeFlags ?? []), parts.script]
  const child = spawn(process.execPath, args, {
    cwd: parts.cwd,
    env: { PATH: process.env.PATH, ...parts.env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const { pid, stdout } = child
  if (pid === undefined || stdout === null) throw new Error(`${parts.script} could not be started`)
  const endWithUs = () => void child.kill('SIGKILL')
  process.on('exit', endWithUs)

  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${parts.script} ended with ${code} before it was ready`)))
    createInterface(stdout).on('line', (line) => {
      const found = /ready at (\S+),/.exec(line)?.[1]
      if (found) resolve(found)
    })
  })

  const ask = async <T>(question: Question): Promise<T> => {
    const answer = once(child, 'message')
    child.send(question)
    const [reading] = await answer
    return reading as T
  }

  return {
    url,
    cpuSeconds: () => cpuSecondsOf(pid),
    memory: () => ask<MemoryReading>('memory'),
    stalls: () => ask<StallReading>('stalls'),
    async stop() {
      process.off('exit', endWithUs)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      return child.exitCode
    },
  }
}

function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field is the program's name, which may hold anything but ends with the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
