/** Divides lists of Stripe's objects into pages. */
import { badRequest } from './errors.ts'
import { type Form, integer } from './form.ts'
import type { ListOf } from './objects.ts'

const PAGE_MAX = 100

/** Returns a page of a list as Stripe gives it: newest first, from after `starting_after` on. */
export function pageOf<T extends { id: string; created: number }>(
  form: Form,
  url: string,
  oldestFirst: Iterable<T>,
): ListOf<T> {
  const limit = integer(form.get('limit') ?? '10', 'limit')
  if (limit < 1 || limit > PAGE_MAX) {
    throw badRequest(`limit must be from 1 to ${PAGE_MAX}`, 'parameter_invalid_integer', 'limit')
  }
  const since = integer(form.get('created[gte]') ?? '0', 'created[gte]')
  const all = [...oldestFirst].filter(({ created }) => created >= since).reverse()
  const after = form.get('starting_after')
  const from = after === undefined ? 0 : placeAfter(all, after)
  return {
    object: 'list',
    url,
    has_more: from + limit < all.length,
    data: all.slice(from, from + limit),
  }
}

export const PAGE_PARAMS = ['limit', 'starting_after', 'created[gte]']

function placeAfter(all: readonly { id: string }[], id: string): number {
  const place = all.findIndex((each) => each.id === id)
  if (place >= 0) return place + 1
  throw badRequest(`No such object: '${id}'`, 'resource_missing', 'starting_after')
}
