/** Runs in the head of every page, before anything is painted: which scripts may follow, the look, the first questions to the server. */
import { prefetch } from './lib/prefetch.ts'
import { chosenTheme, showTheme } from './lib/theme.ts'
import { allowOwnScripts } from './lib/trusted-types.ts'

allowOwnScripts()
showTheme(chosenTheme())
prefetch(document.currentScript)
