/** Lines of a table that a spreadsheet opens (RFC 4180), in which no cell can be taken for a formula. */

const NEEDS_QUOTES = /[",\r\n]/
// What a spreadsheet would reckon out instead of showing.
const FORMULA = /^[=+\-@\t\r]/

export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = FORMULA.test(value) ? `'${value}` : value
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
