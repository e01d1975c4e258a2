import { defineConfig } from 'vitest/config'

/** What takes longer than a check may: killed processes, simulated evenings, every state a crash could leave. */
export default defineConfig({
  test: {
    include: ['test/**/*.slow.test.ts'],
    // Receipts name instants in the zone of the machine that shows them.
    env: { TZ: 'UTC' },
    testTimeout: 180_000,
    // Most of them wait for a process or a clock, so two at a time take little more than one.
    maxWorkers: 2,
  },
})
