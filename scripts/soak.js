/**
 * Runs the simulation for as many seeds as you like: node scripts/soak.js --seeds 5000 --first 1000
 */
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    first: { type: 'string', default: '1' },
  },
})

const vitest = spawn(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    'test/simulation/simulation.slow.test.ts',
    '--project',
    'slow',
    '-t',
    'keeps every rule',
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      SOAK_SEEDS: values.seeds,
      SOAK_FIRST_SEED: values.first,
    },
  },
)
vitest.on('exit', (code) => {
  process.exitCode = code ?? 1
})
