/** `npm run check`: format, lint, types and unit tests. */
import { fileURLToPath } from 'node:url'
import { buildIfStale, install, main, packaged, run } from './setup.js'

const PROJECTS = ['tsconfig.json', 'tsconfig.pure.json', 'tsconfig.browser.json', 'tsconfig.test.json']

/**
 * Returns the checks that run nothing of ours: a name, a program and its arguments each.
 * @returns {[name: string, program: string, args: string[]][]}
 */
export function staticChecks() {
  return [
    ['format and lint', packaged('biome'), ['check', '.']],
    ...PROJECTS.map(
      (project) =>
        /** @type {[string, string, string[]]} */ ([
          `types of ${project}`,
          packaged('tsc'),
          ['-p', project, '--noEmit'],
        ]),
    ),
  ]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    await install()
    await buildIfStale()
    for (const [, program, args] of staticChecks()) await run(program, args)
    await run(packaged('vitest'), ['run', '--project', 'unit'])
  })
}
