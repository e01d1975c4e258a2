/**
 * Reads the source of this project the way a reviewer would: files, imports, exports and functions,
 * by their text.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export const ROOT = new URL('../..', import.meta.url).pathname

const NOT_OURS = [
  'node_modules',
  'dist',
  'public',
  'logic',
  'test-reports',
  'test-results',
  'playwright-report',
]

export interface Import {
  /** A file of ours by its path from the root, a package by its name. */
  readonly path: string
  readonly isType: boolean
  /**
   * The names that are imported; where it is the whole module, any word of the importing file may
   * be one.
   */
  readonly names: readonly string[]
}

export interface SourceFunction {
  readonly name: string
  readonly lines: number
}

export const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** Returns every file of code below a folder, by its path from the root. */
export function codeIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory())
      return entry.name.startsWith('.') || NOT_OURS.includes(entry.name) ? [] : codeIn(path)
    return /\.(tsx?|js)$/.test(entry.name) ? [path] : []
  })
}

/**
 * Returns the files that make the product: neither tests nor measurements nor the settings of
 * tools.
 */
export function productFiles(): string[] {
  return codeIn('.').filter((file) => !/^(test|bench)\//.test(file) && !/\.config\.ts$/.test(file))
}

const STATIC = /^(?:import|export)(\s+type)?(?:\s+([\w$*{},\s]+?)\s+from)?\s+['"]([^'"]+)['"]/gm
const DYNAMIC = /\bimport\(['"]([^'"]+)['"]\)/g

const wordsOf = (text: string): string[] => text.match(/\w+/g) ?? []

const namesIn = (clause: string): string[] =>
  (/\{([^}]*)\}/.exec(clause)?.[1] ?? '').split(',').map((name) =>
    name
      .trim()
      .replace(/^type /, '')
      .replace(/ as .*/, ''),
  )

/** Returns what a file imports, types and dynamic imports included. */
export function importsIn(file: string, text: string): Import[] {
  const resolve = (path: string) => (path.startsWith('.') ? normalize(join(dirname(file), path)) : path)
  const fixed = [...text.matchAll(STATIC)].map(([, type, clause = '', path = '']) => ({
    path: resolve(path),
    isType: type !== undefined,
    names: clause.startsWith('*') ? wordsOf(text) : namesIn(clause),
  }))
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, path = '']) => ({
    path: resolve(path),
    isType: false,
    names: wordsOf(text),
  }))
  return [...fixed, ...dynamic]
}

/** Returns each group of files that import each other in a circle, sorted. */
export function circlesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const reachableFrom = (start: string): Set<string> => {
    const reached = new Set<string>()
    const open = [start]
    for (let file = open.pop(); file !== undefined; file = open.pop())
      for (const next of imports.get(file) ?? []) {
        if (reached.has(next)) continue
        reached.add(next)
        open.push(next)
      }
    return reached
  }
  const reached = new Map([...imports.keys()].map((file) => [file, reachableFrom(file)]))
  const circles = [...imports.keys()]
    .filter((file) => reached.get(file)?.has(file))
    .map((file) => [...(reached.get(file) ?? [])].filter((other) => reached.get(other)?.has(file)).sort())
  return [...new Map(circles.map((circle) => [circle.join(), circle])).values()]
}

const NO_FUNCTION = /^\s*(?:\} )?(?:if|for|while|switch|catch|else|do)\b/
const NAME = /(?:function\*? |const |^\s*(?:async )?)(?!(?:export|async|function|const)\b)(\w+)/
const OPENS = /(?:=> [({]|\)(?:: .+)? \{)$/

/**
 * Returns the functions of a file with their length in lines. The files are formatted, so a
 * function ends at the first line that is indented as its own first line and closes a bracket.
 */
export function functionsIn(text: string): SourceFunction[] {
  const lines = text.split('\n')
  const indentOf = (line: string) => line.length - line.trimStart().length
  const isCloser = (line: string) => /^[)}\]]/.test(line.trimStart())
  return lines.flatMap((line, at) => {
    if (!OPENS.test(line) || NO_FUNCTION.test(line)) return []
    const indent = indentOf(line)
    const beside = (index: number) => lines[index] !== '' && indentOf(lines[index] ?? '') === indent
    let first = at
    // The parameters may have lines of their own: back to where they begin.
    while (first > 0 && isCloser(lines[first] ?? '')) {
      first -= 1
      while (first > 0 && !beside(first)) first -= 1
    }
    let last = at + 1
    while (last < lines.length && !(beside(last) && isCloser(lines[last] ?? ''))) last += 1
    const name = NAME.exec(lines[first] ?? '')?.[1] ?? 'without a name'
    return [{ name, lines: last - first + 1 }]
  })
}

const EXPORTED = /^export (?:async )?(?:const|let|function\*?|class|enum) (\w+)/gm

/** Returns the names of the values that a file exports; types are there to describe them. */
export function exportsIn(text: string): string[] {
  return [...text.matchAll(EXPORTED)].map(([, name = '']) => name)
}
