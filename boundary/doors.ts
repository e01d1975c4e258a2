/** Which doors there are, read from the routers themselves, so that no list can be forgotten. */
import type { RequestHandler, Router } from 'express'
import { Refusal } from '../domain/errors.ts'

export interface Door {
  readonly method: string
  /** As the router knows it, such as `/session/:id/end`. */
  readonly path: string
}

/** Every method and path that the routers answer. */
export function doorsOf(routers: readonly Pick<Router, 'stack'>[]): Door[] {
  return routers.flatMap(({ stack }) =>
    stack.flatMap(({ route }) =>
      (route?.stack ?? []).map(({ method }) => ({ method: method.toUpperCase(), path: route?.path ?? '' })),
    ),
  )
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH'])

/** Refuses `method_not_allowed` where an address exists and the method does not. */
export function onlyTheirMethods(doors: readonly Door[]): RequestHandler {
  const paths = [...new Set(doors.map(({ path }) => path))]
  // The exact address is meant before one with a gap in it: `/session/start` is no session's id.
  const known = paths
    .map((path) => ({ fits: patternOf(path), gaps: path.split(':').length, methods: methodsOf(path, doors) }))
    .sort((a, b) => a.gaps - b.gaps)

  return (req, res, next) => {
    const methods = known.find(({ fits }) => fits.test(req.path))?.methods
    if (methods?.has(req.method) || (!methods && KNOWN_METHODS.has(req.method))) return next()
    res.set('Allow', [...(methods ?? KNOWN_METHODS)].join(', '))
    throw new Refusal('method_not_allowed', `This address takes no ${req.method} requests.`)
  }
}

function methodsOf(path: string, doors: readonly Door[]): Set<string> {
  const methods = new Set(doors.filter((door) => door.path === path).map(({ method }) => method))
  return methods.has('GET') ? methods.add('HEAD') : methods
}

function patternOf(path: string): RegExp {
  const parts = path.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : escaped(part)))
  return new RegExp(`^${parts.join('/')}/?$`, 'i')
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
