/** `npm run check`: format, lint, types and unit tests. */
import { fileURLToPath } from 'node:url'
import { buildIfStale, install, main, packaged, run } from './setup.js'

const PROJECTS = ['tsconfig.json', 'tsconfig.pure.json', 'tsconfig.browser.json', 'tsconfig.test.json']

/** Runs every check that needs no browser; rejects at the first that fails. */
export async function check() {
  await run(packaged('biome'), ['check', '.'])
  for (const project of PROJECTS) await run(packaged('tsc'), ['-p', project, '--noEmit'])
  await run(packaged('vitest'), ['run'])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await install()
    await buildIfStale()
    await check()
  })
}
