/**
 * Runs in the head of every page, before anything is painted: it limits scripts, applies the theme,
 * and sends the first requests.
 */
import { prefetch } from './lib/prefetch.ts'
import { chosenTheme, showTheme } from './lib/theme.ts'
import { allowOwnScripts } from './lib/trusted-types.ts'

allowOwnScripts()
showTheme(chosenTheme())
prefetch(document.currentScript)
