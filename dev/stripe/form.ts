/** Reads the form-encoded bodies of Stripe's API. */
import { badRequest } from './errors.ts'

/** A form-encoded body or query, flat: `metadata[userId]` is one key. */
export type Form = ReadonlyMap<string, string>

export function parseForm(text: string): Form {
  return new Map(new URLSearchParams(text))
}

/**
 * Throws Stripe's refusal unless every key is one of `allowed`, where `metadata[*]` allows any key
 * below metadata. Strict, so that a misspelt parameter fails here and not only in production.
 */
export function allowOnly(form: Form, allowed: readonly string[]): void {
  for (const key of form.keys()) {
    if (!allowed.some((pattern) => fits(key, pattern))) {
      throw badRequest(`Received unknown parameter: ${key}`, 'parameter_unknown', key)
    }
  }
}

function fits(key: string, pattern: string): boolean {
  return pattern.endsWith('[*]')
    ? key.startsWith(pattern.slice(0, -2)) && /^[^[\]]+\]$/.test(key.slice(pattern.length - 2))
    : key === pattern
}

/** Returns the value of a parameter that may not be missing or empty. */
export function required(form: Form, key: string): string {
  const value = form.get(key)
  if (!value) throw badRequest(`Missing required param: ${key}.`, 'parameter_missing', key)
  return value
}

/** Returns a whole number; throws Stripe's refusal of anything else. */
export function integer(text: string, key: string): number {
  if (!/^-?\d{1,15}$/.test(text))
    throw badRequest(`Invalid integer: ${text}`, 'parameter_invalid_integer', key)
  return Number(text)
}

/** Reads `metadata[a]=1&metadata[b]=2` as `{ a: '1', b: '2' }`. */
export function below(form: Form, name: string): Record<string, string> {
  const prefix = `${name}[`
  const inside = [...form].filter(([key]) => key.startsWith(prefix))
  return Object.fromEntries(inside.map(([key, value]) => [key.slice(prefix.length, -1), value]))
}
