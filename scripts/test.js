/** `npm test`: installs everything the tests need, then runs them all. */
import { check } from './check.js'
import { buildIfStale, install, installTestPrograms, main, packaged, run } from './setup.js'

await main(async () => {
  await install()
  await installTestPrograms()
  await buildIfStale()
  await check()
  await run(packaged('vitest'), ['run', '--config', 'vitest.slow.config.ts'])
  await run(packaged('playwright'), ['test'])
})
