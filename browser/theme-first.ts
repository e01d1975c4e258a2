/** Runs in the head of every page, before anything is painted: the look, and the first questions to the server. */
import { askEarly } from './early.ts'
import { chosenTheme, showTheme } from './theme.ts'

showTheme(chosenTheme())
askEarly(document.currentScript)
