/** Runs TypeScript of ours as processes of their own, which a test may kill. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * Makes one file of `source` (a path from this folder) that Node can run, and returns where it is.
 */
export async function bundled(source: string): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'soulseer-child-')), 'child.mjs')
  const entry = fileURLToPath(new URL(source, import.meta.url))
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
  })
  return outfile
}

export interface Child {
  readonly process: ChildProcess
  readonly lines: readonly string[]
  /** Resolves when the child is gone and everything that it wrote has been read. */
  readonly gone: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** Resolves when a line begins like this; rejects when the child is gone without one. */
  line(start: string): Promise<void>
}

export function startChild(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
    for (const look of waiting) look()
  })
  const gone = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  return {
    process: child,
    lines,
    gone,
    line: (start) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!lines.some((line) => line.startsWith(start))) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        void gone.then(() => reject(new Error(`the child is gone without a line "${start}"`)))
        look()
      }),
  }
}
