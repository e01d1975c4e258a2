/** `npm run build`: the server into dist/, the pages' scripts into public/. */
import { build, install, main } from './setup.js'

await main(async () => {
  await install()
  await build()
})
