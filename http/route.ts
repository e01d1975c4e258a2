/** Which doors there are, read from the routers themselves, so that no list can be forgotten. */
import { type RequestHandler, Router } from 'express'
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
  const router = Router()
  const gaps = (path: string) => path.split(':').length
  // The exact address is meant before one with a gap in it: `/session/start` is no session's id.
  const paths = [...new Set(doors.map(({ path }) => path))].sort((a, b) => gaps(a) - gaps(b))
  for (const path of paths) router.all(path, only(methodsOf(path, doors)))
  router.use(only(KNOWN_METHODS))
  return router
}

function only(methods: ReadonlySet<string>): RequestHandler {
  return (req, res, next) => {
    if (methods.has(req.method)) return next('router')
    res.set('Allow', [...methods].join(', '))
    throw new Refusal('method_not_allowed', `This address takes no ${req.method} requests.`)
  }
}

function methodsOf(path: string, doors: readonly Door[]): Set<string> {
  const methods = new Set(doors.filter((door) => door.path === path).map(({ method }) => method))
  return methods.has('GET') ? methods.add('HEAD') : methods
}
