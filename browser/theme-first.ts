/**
 * Runs in the head of every page, before anything is painted: it limits scripts and notices missing
 * ones, applies the theme, and sends the first requests.
 */

import { prefetch } from './lib/prefetch.ts'
import { chosenTheme, showTheme } from './lib/theme.ts'
import { allowOwnScripts } from './lib/trusted-types.ts'
import { watchForMissingScripts } from './page-script.ts'

allowOwnScripts()
watchForMissingScripts()
showTheme(chosenTheme())
prefetch(document.currentScript)
