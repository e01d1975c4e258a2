/**
 * Runs an evening at a real server for as long as you like: npm run soak:evening -- --minutes 10
 * --couples 60
 */
import { parseArgs } from 'node:util'
import { buildIfStale, install, main, packaged, run } from './setup.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    couples: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
})

await main(async () => {
  await install()
  await buildIfStale()
  process.env.EVENING_SECONDS = String(60 * Number(values.minutes))
  process.env.EVENING_COUPLES = values.couples
  process.env.TEST_SEED = values.seed
  await run(packaged('vitest'), ['run', '--project', 'slow', 'test/operations/evening'])
})
