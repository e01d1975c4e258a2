/** Rounds the top of a chart's scale. */
const STEPS = [1, 2, 2.5, 5, 10]

/**
 * Returns the next round amount that is not less than `cents`: 1, 2, 2.5 or 5 times a power of ten.
 */
export function roundUp(cents: number): number {
  if (cents <= 0) return 0
  const power = 10 ** Math.floor(Math.log10(cents))
  return Math.round((STEPS.find((step) => step * power >= cents) ?? 10) * power)
}
