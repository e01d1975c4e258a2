/** Runs in the head of every page, before anything is painted: which scripts may follow, the look, the first questions to the server. */
import { askEarly } from './early.ts'
import { chosenTheme, showTheme } from './theme.ts'
import { allowOwnScripts } from './trusted-types.ts'

allowOwnScripts()
showTheme(chosenTheme())
askEarly(document.currentScript)
