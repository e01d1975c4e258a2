import { expect, it } from 'vitest'
import { csvLine } from '../../shared/csv.ts'

it.each([
  [['Mara', 250, -5], 'Mara,250,-5\r\n'],
  [['a "quoted", name'], '"a ""quoted"", name"\r\n'],
  [['two\nlines'], '"two\nlines"\r\n'],
  [['=HYPERLINK("http://evil")'], '"\'=HYPERLINK(""http://evil"")"\r\n'],
  [['+1', '-1', '@cmd', '\tx'], "'+1,'-1,'@cmd,'\tx\r\n"],
])('the cells %j as a line', (cells, line) => {
  expect(csvLine(cells)).toBe(line)
})
