/** Checks that each line of the security catalogue names its test. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8')

const lines = [...read('docs/security-catalogue.md').matchAll(/^\| ([A-Z]-\d+) \| (.+?) \| (.+) \|$/gm)].map(
  ([, id = '', what = '', held = '']) => ({ id, what, held }),
)

/** The number of lines under each letter. */
const COUNTS = { A: 19, S: 17, C: 9, M: 20, I: 18, X: 7, W: 17, H: 11, D: 14, F: 11, R: 6, P: 4 }

const filesNamed = (held: string): string[] =>
  [...held.matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, file]) => file ?? '')

describe('the catalogue', () => {
  it('has every line once, in order', () => {
    const expected = Object.entries(COUNTS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, n) => `${letter}-${n + 1}`),
    )
    expect(lines.map(({ id }) => id)).toEqual(expected)
  })

  it.each(lines)('$id, $what, is held by a test of that number or name, or has a reason', ({ id, held }) => {
    const phrase = /“(.+)”/.exec(held)?.[1]
    const files = filesNamed(held)
    for (const file of files) {
      const text = read(file)
      if (phrase !== undefined) expect(text, file).toContain(phrase)
      else if (held.startsWith('`')) expect(text, file).toContain(`[${id}]`)
    }
    if (!held.startsWith('`')) expect(held.length, 'a reason in words').toBeGreaterThan(20)
  })

  it('knows every number that a test bears', () => {
    const known = new Set(lines.map(({ id }) => id))
    const borne = readdirSync(new URL('test/security', ROOT))
      .flatMap((name) => [...read(`test/security/${name}`).matchAll(/\[([ASCMIXWHDFRP]-\d+)\]/g)])
      .map(([, id = '']) => id)
    expect(borne.filter((id) => !known.has(id))).toEqual([])
  })
})
