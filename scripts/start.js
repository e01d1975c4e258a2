/** `npm start`: installs and builds what is missing or stale, then serves in this same process. */
import { buildIfStale, install, main } from './setup.js'

const PARENT_CHECK_MS = 500

await main(async () => {
  await install()
  await buildIfStale()
})
if (process.env.npm_lifecycle_event) stopWithParent()
const { run } = await import(new URL('../dist/server.js', import.meta.url).href)
await run()

/** Stops with npm, which passes a signal on to its shell alone, ends, and leaves us running. */
function stopWithParent() {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, PARENT_CHECK_MS).unref()
}
