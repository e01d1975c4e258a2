/**
 * Decides how much of a long enumeration runs: a seeded sample in `npm test`, all of it in `npm run
 * test:long`. The seed is the day's unless TEST_SEED names another, so that every day tries other
 * cases and a failure can be repeated.
 */
import { createRandom } from '../simulation/random.ts'

export const IS_LONG = process.env.TEST_LONG === '1'
export const TEST_SEED = Number(process.env.TEST_SEED ?? today())

function today(): string {
  return new Date().toISOString().slice(0, 10).replaceAll('-', '')
}

/** Returns the first number in `npm test`, the second in `npm run test:long`. */
export function sampleSize(sampled: number, whole: number): number {
  return IS_LONG ? whole : sampled
}

/**
 * Returns `count` of the items in their own order, or all of them in a long run. `salt` keeps
 * samples of like items apart.
 */
export function sample<T>(items: readonly T[], count: number, salt = ''): readonly T[] {
  if (IS_LONG || items.length <= count) return items
  const random = createRandom(seedFor(salt))
  const chosen = new Set<number>()
  while (chosen.size < count) chosen.add(random.int(0, items.length - 1))
  return items.filter((_, index) => chosen.has(index))
}

/** Returns `count` of the whole numbers below `length`, in order, or all of them in a long run. */
export function sampleOfRange(length: number, count: number, salt = ''): readonly number[] {
  return sample([...Array(length).keys()], count, salt)
}

/** Mixes the day's seed with a name, so that two samples of one day do not run in step. */
export function seedFor(salt: string): number {
  let hash = TEST_SEED
  for (const letter of salt) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0
  return hash
}
