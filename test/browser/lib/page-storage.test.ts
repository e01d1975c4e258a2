/** Tests storage that a browser may refuse. */
import { describe, expect, it } from 'vitest'
import { type KeyStorage, storageOrMemory } from '../../../browser/lib/page-storage.ts'

function browserStorage(): KeyStorage & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}

describe('what a page keeps', () => {
  it('is in the browser’s storage, for other tabs too', () => {
    const browser = browserStorage()
    const storage = storageOrMemory(() => browser)
    storage.setItem('a', '1')
    expect(browser.kept.get('a')).toBe('1')
    browser.setItem('a', '2')
    expect(storage.getItem('a')).toBe('2')
    storage.removeItem('a')
    expect([storage.getItem('a'), browser.kept.size]).toEqual([null, 0])
  })

  it('lasts as long as the page where touching the storage throws', () => {
    const storage = storageOrMemory(() => {
      throw new DOMException('File error: Corrupted')
    })
    expect(storage.getItem('a')).toBeNull()
    storage.setItem('a', '1')
    expect(storage.getItem('a')).toBe('1')
    storage.removeItem('a')
    expect(storage.getItem('a')).toBeNull()
  })

  it('lasts as long as the page where the storage takes nothing more', () => {
    const browser = browserStorage()
    const storage = storageOrMemory(() => ({
      ...browser,
      setItem() {
        throw new DOMException('The quota has been exceeded.')
      },
    }))
    storage.setItem('a', '1')
    expect(storage.getItem('a')).toBe('1')
  })
})
