/** Starts the first page with a small script, because strangers on phones wait for it. */

import { startHome } from './home/home.tsx'
import { hearFilledBoxes } from './lib/autofill.ts'
import { page } from './lib/page.ts'

const { api, go, place } = page
hearFilledBoxes()

startHome({
  api,
  go,
  root: place('entry'),
  headerRoot: place('header-tools'),
  countRoot: place('readers-now'),
  isLoggedIn: Boolean(document.querySelector<HTMLElement>('[data-role]')?.dataset.role),
})
