/** Configures the unit and slow tests. */
import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { testFiles } from './scripts/test-parts.js'

const IS_LONG = process.env.TEST_LONG === '1'
const SLOW = '**/*.slow.test.ts'

/** Files that put something else in the place of a module, which no other file may meet. */
const MOCKING = testFiles().filter((file) => readFileSync(file, 'utf8').includes('vi.mock('))

export default defineConfig({
  test: {
    hookTimeout: 180_000, // it ends what hangs: a busy machine takes many times as long as an idle one
    expect: { poll: { timeout: 30_000, interval: 10 } }, // as in test/support/wait-for.ts
    env: { TZ: 'UTC' }, // receipts show instants in the zone of the machine
    isolate: false, // a worker loads our modules and our libraries once, not for every file
    unstubGlobals: true,
    unstubEnvs: true,
    maxWorkers: 3, // on two cores: slow tests mostly wait for a process or a clock
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [SLOW, ...MOCKING],
          testTimeout: IS_LONG ? 2_400_000 : 180_000,
        },
      },
      {
        extends: true,
        // Killed processes, simulated evenings, every state that a crash could leave.
        test: {
          name: 'slow',
          include: [`test/${SLOW}`],
          exclude: MOCKING,
          testTimeout: IS_LONG ? 2_400_000 : 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'mocking',
          include: MOCKING,
          isolate: true,
          testTimeout: IS_LONG ? 2_400_000 : 180_000,
        },
      },
    ],
  },
})
