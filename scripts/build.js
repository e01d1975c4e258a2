/** `npm run build`: the server into dist/, the pages' scripts and their style into public/. */
import { build, install, main } from './setup.js'

await main(async () => {
  await install()
  await build()
})
