/** `npm start`: installs and builds what is missing or stale, then serves in this same process. */
import { buildIfStale, install, main } from './setup.js'

await main(async () => {
  await install()
  await buildIfStale()
})
await import(new URL('../dist/server.js', import.meta.url).href)
