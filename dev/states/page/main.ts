/** Shows one state of the catalogue: the page's own script over made-up replies. */
import { showTheme } from '../../../browser/lib/theme.ts'
import { act } from './acts.ts'
import { enter } from './fakes.ts'
import { shown } from './shown.ts'
import type { PageFile } from './state.ts'

// The pages begin as they are loaded.
const PAGES: Partial<Record<PageFile, () => Promise<unknown>>> = {
  index: () => import('../../../browser/main-home.ts'),
  dashboard: () => import('../../../browser/main.ts'),
  session: () => import('../../../browser/main.ts'),
  history: () => import('../../../browser/main-account.ts'),
  payment: () => import('../../../browser/main-account.ts'),
  account: () => import('../../../browser/main-account.ts'),
  link: () => import('../../../browser/main-recovery.tsx'),
}

const state = shown()
const { searchParams } = new URL(location.href)
showTheme(searchParams.get('theme') === 'light' ? 'light' : 'dark')
document.documentElement.style.fontSize = searchParams.get('text') ?? ''
if (state.opens) document.body.dataset.page = state.opens
document.title ||= 'SoulSeer' // the server writes the titles of linked pages
// As the server does for who is logged in.
document.querySelector('[data-role]')?.setAttribute('data-role', state.me?.role ?? '')
if (state.wants) searchParams.set('next', state.wants)
history.replaceState(null, '', `?${searchParams}${state.hash ? `#${state.hash}` : ''}`)
enter(state)
await PAGES[state.page]?.()
// For tests and contact sheets, which wait for it.
const acts = [...(state.acts ?? []), ...(searchParams.has('offline') ? (['go offline'] as const) : [])]
document.documentElement.dataset.state = await act(acts).then(
  () => 'there',
  (error: unknown) => `failed: ${error}`,
)
