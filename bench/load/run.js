/**
 * `npm run bench:load`: builds what is stale, and the bench itself, then measures. See
 * docs/LOAD.md.
 */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { buildIfStale, install, main, ROOT } from '../../scripts/setup.js'

const OUT = path.join(ROOT, 'dist', 'bench')
const PROGRAMS = ['main.ts', 'probe.ts', 'peer-socketio.ts', 'peer-ws.ts']

await main(async () => {
  await install()
  await buildIfStale()
})
await build({
  absWorkingDir: ROOT,
  entryPoints: PROGRAMS.map((name) => path.join(ROOT, 'bench', 'load', name)),
  outdir: OUT,
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
})
await import(pathToFileURL(path.join(OUT, 'main.js')).href)
