/** Serves what the operator watches: the health check and the metrics. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type Request, Router } from 'express'
import { Refusal } from '../domain/errors.ts'
import type { Metrics } from '../http/metrics.ts'

export function operatorRoutes(parts: {
  metrics: Metrics
  /** The bearer token for the metrics; undefined where no one may read them. */
  metricsToken: string | undefined
  isStopping: () => boolean
  /** Checks whether the disk has so little room that only what cannot wait is written. */
  isShort: () => boolean
}): Router {
  const { metrics, metricsToken, isStopping, isShort } = parts
  const router = Router()

  router.get('/healthz', (_req, res) => {
    const stopping = isStopping()
    // A server with little room still serves what it has and ends what runs: restarting it would
    // not help.
    const disk = isShort() ? { disk: 'low' } : {}
    res.status(stopping ? 503 : 200).json({ status: stopping ? 'stopping' : 'ok', ...disk })
  })

  router.get('/metrics', async (req, res) => {
    if (metricsToken === undefined) throw new Refusal('not_found', 'Page not found.')
    if (!isBearer(req, metricsToken)) throw new Refusal('not_logged_in', 'This address wants its own token.')
    res.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })

  return router
}

/** Compares digests, so that neither the time that it takes nor the length gives anything away. */
function isBearer(req: Request, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(req.get('Authorization') ?? ''), digest(`Bearer ${token}`))
}
