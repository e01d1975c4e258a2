/**
 * Keeps a page's values where the browser keeps nothing: in a damaged profile, or by a policy,
 * touching `localStorage` throws.
 */

export type KeyStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Returns the storage that `take` finds, or one that lasts as long as this page. */
export function storageOrMemory(take: () => KeyStorage): KeyStorage {
  const memory = new Map<string, string>()
  const attempt = <T>(work: (storage: KeyStorage) => T, otherwise: T): T => {
    try {
      return work(take())
    } catch {
      return otherwise
    }
  }
  return {
    getItem: (key) => memory.get(key) ?? attempt((storage) => storage.getItem(key), null),

    setItem(key, value) {
      const isKept = attempt((storage) => {
        storage.setItem(key, value)
        return true
      }, false)
      if (isKept) memory.delete(key)
      else memory.set(key, value)
    },

    removeItem(key) {
      memory.delete(key)
      attempt((storage) => storage.removeItem(key), undefined)
    },
  }
}
