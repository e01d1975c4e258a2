/** Starts the pages that links in mails open. */
import { signal } from '@preact/signals'
import { render } from 'preact'
import { hearFilledBoxes } from './lib/autofill.ts'
import { page } from './lib/page.ts'
import { ConfirmPage } from './recovery/confirm.tsx'
import { ResetPage } from './recovery/reset.tsx'
import { takeToken } from './recovery/token.ts'
import { UndoPage } from './recovery/undo.tsx'
import { UnsubscribePage } from './recovery/unsubscribe.tsx'

// Before anything is drawn or asked.
const token = signal(takeToken(location, history))
// Another link that is opened in the same tab changes the address alone, and loads nothing.
addEventListener('hashchange', () => {
  token.value = takeToken(location, history) ?? token.value
})
const { api, place } = page
hearFilledBoxes()

const PAGES = { reset: ResetPage, confirm: ConfirmPage, 'undo-email': UndoPage, unsubscribe: UnsubscribePage }
const Page = PAGES[document.body.dataset.page as keyof typeof PAGES]
const Current = () => <Page key={token.value} api={api} token={token.value} />
render(<Current />, place('link'))
