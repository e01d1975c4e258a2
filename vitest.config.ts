import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', '**/*.slow.test.ts', 'node_modules/**'],
    // Receipts name instants in the zone of the machine that shows them.
    env: { TZ: 'UTC' },
    testTimeout: 20_000,
    maxWorkers: 2,
  },
})
