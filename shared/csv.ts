/**
 * Writes the lines of a table that a spreadsheet opens (RFC 4180), in which no cell can be taken
 * for a formula.
 */

/** Starts a file, so that Excel on Windows reads it as UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF'

const NEEDS_QUOTES = /[",;|\t\r\n]/
// Text that a spreadsheet would compute instead of showing at the start of a cell, also in one that
// is set to another separator.
const FORMULA = /(^|[,;|\t\r\n])(\s*)([=+\-@＝＋－＠])/g

export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = value.replace(/^[\t\r]/, "'$&").replace(FORMULA, "$1$2'$3")
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
