/** `npm run dev`: builds again at every change of a source, and starts the server again. */
import { spawn } from 'node:child_process'
import { buildIfStale, forwardSignals, install, main, packaged } from './setup.js'

await main(async () => {
  await install()
  await buildIfStale()
  const { bundle } = await import('./bundle.js')
  await bundle({ watch: true })
  keepRunning(packaged('tsc'), ['-p', 'tsconfig.json', '--noEmitOnError', '--watch', '--preserveWatchOutput'])
  keepRunning(process.execPath, ['--watch', '--watch-preserve-output', 'dist/server.js'])
})

/**
 * Starts a program that ends when we do, and the other way round.
 * @param {string} program
 * @param {readonly string[]} args
 */
function keepRunning(program, args) {
  const child = spawn(program, args, { stdio: 'inherit' })
  forwardSignals(child)
  process.on('exit', () => child.kill())
  child.once('exit', (code) => process.exit(code ?? 0))
}
