/** `node bench/run.js NAME …`: makes bench/NAME.ts into something that Node can run, and runs it. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'esbuild'

const [name = '', ...args] = process.argv.slice(2)
const root = join(import.meta.dirname, '..')
// Beneath node_modules, so that the libraries it measures are found.
const outfile = join(root, 'node_modules', '.cache', 'soulseer', `${name}.mjs`)
await build({
  entryPoints: [join(root, 'bench', `${name}.ts`)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
})
process.exitCode =
  spawnSync(process.execPath, ['--expose-gc', outfile, ...args], { stdio: 'inherit' }).status ?? 1
