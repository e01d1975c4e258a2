/** The script of the first page: small, because strangers on phones wait for it. */
import { hearFilledBoxes } from './filled-boxes.ts'
import { startHome } from './home.tsx'
import { page } from './page.ts'

const { api, go, place } = page
hearFilledBoxes()

startHome({
  api,
  go,
  root: place('entry'),
  headerRoot: place('header-tools'),
  countRoot: place('readers-now'),
})
