import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

const settings = [...read('config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, key = '']) => key)
// Set by whoever runs the process, not by the operator of SoulSeer.
const ELSEWHERE = ['NODE_ENV']

describe('every setting', () => {
  it('is in the README’s table', () => {
    const table = read('README.md')
    const missing = settings.filter((key) => !ELSEWHERE.includes(key) && !table.includes(`\`${key}\``))
    expect(settings.length).toBeGreaterThan(20)
    expect(missing).toEqual([])
  })

  it('in .env.example is one that the server reads', () => {
    const offered = [...read('.env.example').matchAll(/^([A-Z][A-Z_]+)=/gm)].map(([, key = '']) => key)
    expect(offered.length).toBeGreaterThan(5)
    expect(offered.filter((key) => !settings.includes(key))).toEqual([])
  })
})
