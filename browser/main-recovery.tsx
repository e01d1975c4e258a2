/** Starts the pages that links in mails open. */
import { render } from 'preact'
import { hearFilledBoxes } from './lib/autofill.ts'
import { page } from './lib/page.ts'
import { ConfirmPage } from './recovery/confirm.tsx'
import { ResetPage } from './recovery/reset.tsx'
import { takeToken } from './recovery/token.ts'
import { UndoPage } from './recovery/undo.tsx'

// Before anything is drawn or asked.
const token = takeToken(location, history)
const { api, place } = page
hearFilledBoxes()

const PAGES = { reset: ResetPage, confirm: ConfirmPage, 'undo-email': UndoPage }
const Page = PAGES[document.body.dataset.page as keyof typeof PAGES]
render(<Page api={api} token={token} />, place('link'))
