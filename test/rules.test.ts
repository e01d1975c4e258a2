/** Checks that docs/RULES.md and the rules that tests name are the same. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { RULES } from './simulation/auditor/findings.ts'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

const INDEX = [...read('docs/RULES.md').matchAll(/^\| ([A-Z]\d+) \| (.+) \|$/gm)]
const RULE_NAMES = INDEX.map(([, name]) => name ?? '')

const files = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && name !== 'rules.test.ts',
)

/**
 * Returns the rules in square brackets, and in the simulation also those that it checks or that a
 * planted bug breaks.
 */
const rulesIn = (name: string): string[] => {
  const text = read(`test/${name}`)
  const tagged = [...text.matchAll(/\[([A-Z]\d+(?:, [A-Z]\d+)*)\]/g)].flatMap(([, list = '']) =>
    list.split(', '),
  )
  const checked = name.startsWith('simulation/') ? [...text.matchAll(/[( ]'([A-Z]\d+)'/g)] : []
  return [...tagged, ...checked.map(([, rule = '']) => rule)]
}

const named = new Set(files.flatMap(rulesIn))

it('every rule of docs/RULES.md is named by a test', () => {
  expect(RULE_NAMES.length).toBeGreaterThan(60)
  expect(RULE_NAMES.filter((name) => !named.has(name))).toEqual([])
})

it('no test names a rule that is not in docs/RULES.md', () => {
  expect([...named].filter((name) => !RULE_NAMES.includes(name))).toEqual([])
})

it('each rule that the simulation checks is in docs/RULES.md, and each billing rule in docs/BILLING.md', () => {
  expect(Object.keys(RULES).filter((name) => !RULE_NAMES.includes(name))).toEqual([])
  const written = [...read('docs/BILLING.md').matchAll(/^\*\*\[(B\d+)\]/gm)].map(([, name]) => name)
  expect(RULE_NAMES.filter((name) => name.startsWith('B'))).toEqual(written)
})
