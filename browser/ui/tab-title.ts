/** Puts marks before the title of this tab, for a person who looks at another. */

type Mark = 'money' | 'unread'

const ORDER: readonly Mark[] = ['money', 'unread']
const marks: Partial<Record<Mark, string>> = {}
let shown = ''

/** Shows a mark, or takes it away; the title itself may change meanwhile. */
export function markTitle(mark: Mark, words: string | undefined): void {
  const title = document.title.startsWith(shown) ? document.title.slice(shown.length) : document.title
  if (words === undefined) delete marks[mark]
  else marks[mark] = words
  shown = ORDER.flatMap((each) => marks[each] ?? [])
    .map((each) => `${each} `)
    .join('')
  document.title = `${shown}${title}`
}
