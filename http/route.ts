/** Lists the routes, read from the routers themselves, so that none can be forgotten. */
import { type RequestHandler, Router } from 'express'
import { Refusal } from '../domain/errors.ts'

export interface Route {
  readonly method: string
  /** As the router knows it, such as `/session/:id/end`. */
  readonly path: string
}

/** Returns every method and path that the routers serve. */
export function routesOf(routers: readonly Pick<Router, 'stack'>[]): Route[] {
  return routers.flatMap(({ stack }) =>
    stack.flatMap(({ route }) =>
      (route?.stack ?? []).map(({ method }) => ({ method: method.toUpperCase(), path: route?.path ?? '' })),
    ),
  )
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH'])

/** Rejects with `method_not_allowed` where an address exists and the method does not. */
export function onlyKnownMethods(routes: readonly Route[]): RequestHandler {
  const router = Router()
  const gaps = (path: string) => path.split(':').length
  // The exact address is meant before one with a gap in it: `/session/start` is no session's id.
  const paths = [...new Set(routes.map(({ path }) => path))].sort((a, b) => gaps(a) - gaps(b))
  for (const path of paths) router.all(path, only(methodsOf(path, routes)))
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

function methodsOf(path: string, routes: readonly Route[]): Set<string> {
  const methods = new Set(routes.filter((route) => route.path === path).map(({ method }) => method))
  return methods.has('GET') ? methods.add('HEAD') : methods
}
