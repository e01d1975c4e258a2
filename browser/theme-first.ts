/** Runs in the head of every page, before anything is painted. */
import { chosenTheme, showTheme } from './theme.ts'

showTheme(chosenTheme())
