/**
 * Computes a charge from the calculation beside it, as a person with a calculator would, in whole
 * cents.
 */
export function reckoned(said: string): number | undefined {
  const byTime = /^([\d.]+) s ÷ ([\d.]+) s × \$(\d+\.\d\d), rounded down to the cent$/.exec(said)
  if (byTime) {
    const [, seconds = '', minute = '', dollars = ''] = byTime
    return Number((thousandths(seconds) * hundredths(dollars)) / thousandths(minute))
  }
  const byMinutes = /^(\d+) (?:minutes? started|whole minutes?) × \$(\d+\.\d\d)$/.exec(said)
  if (byMinutes) return Number(byMinutes[1]) * Number(hundredths(byMinutes[2] ?? ''))
  return said === 'not charged: it was too short' ? 0 : undefined
}

const thousandths = (text: string): bigint => {
  const [whole = '', rest = ''] = text.split('.')
  return BigInt(whole + rest.padEnd(3, '0'))
}

const hundredths = (text: string): bigint => BigInt(text.replace('.', ''))
