/** `node bench/run.js NAME …`: compiles bench/NAME.ts for Node and runs it. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const NEEDS_PEERS = ['store']

const [name = '', ...args] = process.argv.slice(2)
const bench = import.meta.dirname
const modules = join(bench, 'node_modules')
if (NEEDS_PEERS.includes(name) && !existsSync(join(modules, 'lowdb'))) installPeers()
// Beneath node_modules, so that the libraries it measures are found.
const outfile = join(modules, '.cache', 'soulseer', `${name}.mjs`)
await build({
  entryPoints: [join(bench, `${name}.ts`)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
})
process.exitCode =
  spawnSync(process.execPath, ['--expose-gc', outfile, ...args], { stdio: 'inherit' }).status ?? 1

/**
 * Installs the store's peers: they are no part of SoulSeer, only comparisons need them, and SQLite
 * may have to be built.
 */
function installPeers() {
  console.log('Installing what the store is measured against …')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: bench,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}
