/** Tests the text of CSV files. */
import { expect, it } from 'vitest'
import { csvLine } from '../../shared/csv.ts'

it.each([
  [['Mara', 250, -5], 'Mara,250,-5\r\n'],
  [['a "quoted", name'], '"a ""quoted"", name"\r\n'],
  [['two\nlines'], '"two\nlines"\r\n'],
  [['=HYPERLINK("http://evil")'], '"\'=HYPERLINK(""http://evil"")"\r\n'],
  [['+1', '-1', '@cmd', '\tx'], "'+1,'-1,'@cmd,\"'\tx\"\r\n"],
  [['＝HYPERLINK(1)', '＠SUM(1)', '＋1', '－1'], "'＝HYPERLINK(1),'＠SUM(1),'＋1,'－1\r\n"],
  [['Ana;=1+1', 'a, =1', 'x|@y', 'a\t=b'], '"Ana;\'=1+1","a, \'=1","x|\'@y","a\t\'=b"\r\n'],
  [['Zoë = Ñandú - 2'], 'Zoë = Ñandú - 2\r\n'],
])('the cells %j as a line', (cells, line) => {
  expect(csvLine(cells)).toBe(line)
})
