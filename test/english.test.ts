/** Counts words and openings that docs/STYLE.md forbids in comments, docs and page texts. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { codeIn, ROOT, textOf } from './support/sources.ts'

const TICS =
  /\b(tells?|told|(?<!fortune[ -])telling|nobody|somebody|whoever|anew|begun|stands?(?!-in)|stood|answer(?:s|ed)?|by (?:itself|themselves)|the way to)\b/gi
const OPENING = /^(What|Whether|Where|Who|Whose|Which|How|When)\b/

interface Prose {
  readonly file: string
  readonly line: number
  readonly text: string
  /** True for the first line of a comment. */
  readonly opens: boolean
}

const withoutCode = (text: string): string => text.replaceAll(/`[^`]*`/g, '')

/** Returns the comments of a source, line by line. */
function commentsIn(file: string): Prose[] {
  let isOpen = false
  let isFresh = false
  return textOf(file)
    .split('\n')
    .flatMap((source, n) => {
      const text = source.trim()
      const starts = !isOpen && /^(\/\*|\/\/)/.test(text)
      const isComment = starts || isOpen
      if (starts) isFresh = true
      if (isComment) isOpen = (isOpen || text.startsWith('/*')) && !text.includes('*/')
      const own = isComment ? text : (/(?<=\s)\/\/ .*/.exec(source)?.[0] ?? '')
      const words = own.replace(/^(\/\*+|\*+\/|\*|\/\/) ?/, '').trim()
      if (words === '') return []
      const opens = isFresh && isComment
      isFresh = false
      return [{ file, line: n + 1, text: withoutCode(words), opens }]
    })
}

const markdown = (file: string): Prose[] =>
  textOf(file)
    .split('\n')
    .map((text, n) => ({ file, line: n + 1, text: withoutCode(text), opens: false }))

/** Returns the sentences of a page: text between tags, and strings of three words or more. */
function sentencesIn(file: string): Prose[] {
  const isComment = /^(\/\*|\*|\/\/|<!--)/
  return textOf(file)
    .split('\n')
    .flatMap((source, n) => {
      if (isComment.test(source.trim())) return []
      const strings =
        source
          .replace(/\s\/\/ .*/, '')
          .match(/'[^']*'|"[^"]*"|`[^`]*`|>[A-Z“][^<>{}]+|^\s*[A-Z“][^<>{}=;()]*$/g) ?? []
      // Of a call, it is the field's word.
      const texts = strings
        .filter((text) => text.trim().split(/\s+/).length > 2)
        .map((text) => text.replaceAll(/\banswer(ed)?\b/g, ''))
      return texts.map((text) => ({ file, line: n + 1, text, opens: false }))
    })
}

const findingsIn = ({ file, line, text, opens }: Prose): string[] => {
  const words = text.match(TICS) ?? []
  const opening = opens ? (OPENING.exec(text)?.[0] ?? []) : []
  return [...words].concat(opening).map((word) => `${file}:${line} ${word}`)
}

/**
 * Returns the area of a file: a floor's folder, a folder of tests, or the file itself at the root.
 */
function areaOf(file: string): string {
  const [floor = '', folder = '', ...rest] = file.split('/')
  return rest.length > 0 && /^(adapters|browser|dev|engine|test)$/.test(floor) ? `${floor}/${folder}` : floor
}

const named = (folder: string, ending: RegExp): string[] =>
  readdirSync(`${ROOT}/${folder}`)
    .filter((name) => ending.test(name))
    .map((name) => (folder === '.' ? name : `${folder}/${name}`))

const docs = [
  ...named('.', /\.md$/),
  ...named('docs', /\.md$/),
  ...named('docs/decisions', /\.md$/),
  'bench/README.md',
  'test/README.md',
].filter((file) => file !== 'CHANGELOG.md')
const pages = [...codeIn('browser'), ...named('public', /\.html$/)]

const findings = new Map<string, string[]>()
const count = (area: string, prose: readonly Prose[]): void => {
  findings.set(area, [...(findings.get(area) ?? []), ...prose.flatMap(findingsIn)])
}
for (const file of codeIn('.')) count(areaOf(file), commentsIn(file))
for (const file of docs) count('docs', markdown(file))
for (const file of pages) count('page texts', sentencesIn(file))

describe('plain English', () => {
  it.each([...findings])('%s has none', (_, found) => {
    expect(found).toEqual([])
  })

  it('finds a planted one in each kind of prose', () => {
    const planted = (text: string, opens = false) => findingsIn({ file: 'a.ts', line: 1, text, opens })
    expect(planted('Nobody is told')).toEqual(['a.ts:1 Nobody', 'a.ts:1 told'])
    expect(planted('What a session owes', true)).toEqual(['a.ts:1 What'])
    expect(planted('Returns what a session owes to the stand-in', true)).toEqual([])
  })
})
