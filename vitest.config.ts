import { defineConfig } from 'vitest/config'

const IS_LONG = process.env.TEST_LONG === '1'

export default defineConfig({
  test: {
    hookTimeout: 60_000,
    env: { TZ: 'UTC' }, // receipts show instants in the zone of the machine
    isolate: false, // a worker loads our modules and our libraries once, not for every file
    maxWorkers: 3, // on two cores: slow tests mostly wait for a process or a clock
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['**/*.slow.test.ts'],
          testTimeout: IS_LONG ? 2_400_000 : 60_000,
        },
      },
      {
        extends: true,
        // Killed processes, simulated evenings, every state that a crash could leave.
        test: {
          name: 'slow',
          include: ['test/**/*.slow.test.ts'],
          testTimeout: IS_LONG ? 2_400_000 : 180_000,
        },
      },
    ],
  },
})
