/** Tests what a page does when a script of its own cannot be loaded. */
import { describe, expect, it } from 'vitest'
import { type ScriptEnvironment, withScript } from '../../browser/page-script.ts'

/** Returns a page that notes what it does. */
function aPage(found: { isReloaded: boolean; isServerThere: boolean }) {
  const did: string[] = []
  const environment: ScriptEnvironment = {
    isReloaded: () => found.isReloaded,
    isServerThere: async () => found.isServerThere,
    reload: () => void did.push('reload'),
    show: () => void did.push('show'),
  }
  return { did, environment }
}

const gone = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'))

describe('a script of its own', () => {
  it('is handed over when it is here', async () => {
    const { did, environment } = aPage({ isReloaded: false, isServerThere: true })
    const draw = (script: { words: string }) => void did.push(script.words)
    await withScript(async () => ({ words: 'drawn' }), draw, environment)
    expect(did).toEqual(['drawn'])
  })

  it.each([
    ['reloads the page where the server is there: a new build took its place', false, true, 'reload'],
    ['says so where the reload did not help', true, true, 'show'],
    ['says so where the server is out of reach', false, false, 'show'],
  ])('that is missing %s', async (_what, isReloaded, isServerThere, expected) => {
    const { did, environment } = aPage({ isReloaded, isServerThere })
    await withScript(gone, () => did.push('drawn'), environment)
    expect(did).toEqual([expected])
  })

  it('that fails as it draws is no missing script', async () => {
    const { did, environment } = aPage({ isReloaded: false, isServerThere: true })
    const draw = () => {
      throw new Error('a bug')
    }
    await expect(withScript(async () => ({}), draw, environment)).rejects.toThrow('a bug')
    expect(did).toEqual([])
  })
})
