import { createHash, timingSafeEqual } from 'node:crypto'
import { type Request, Router } from 'express'
import { Refusal } from '../domain/errors.ts'
import type { Metrics } from '../http/metrics.ts'

/** For whoever runs the server: is it well, and how does it do. */
export function operatorRoutes(parts: {
  metrics: Metrics
  /** Who may read the figures; nobody where it is undefined. */
  metricsToken: string | undefined
  isStopping: () => boolean
  /** Whether the disk has so little room that only what cannot wait is written. */
  isShort: () => boolean
}): Router {
  const { metrics, metricsToken, isStopping, isShort } = parts
  const router = Router()

  router.get('/healthz', (_req, res) => {
    const stopping = isStopping()
    // A server with little room still serves what it has and ends what runs: taking it away would help nobody.
    const disk = isShort() ? { disk: 'low' } : {}
    res.status(stopping ? 503 : 200).json({ status: stopping ? 'stopping' : 'ok', ...disk })
  })

  router.get('/metrics', async (req, res) => {
    if (metricsToken === undefined) throw new Refusal('not_found', 'There is nothing at this address.')
    if (!isBearer(req, metricsToken)) throw new Refusal('not_logged_in', 'This address wants its own token.')
    res.type(metrics.registry.contentType).send(await metrics.registry.metrics())
  })

  return router
}

/** Compared as digests, so that neither the time it takes nor the length tells anything. */
function isBearer(req: Request, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(req.get('Authorization') ?? ''), digest(`Bearer ${token}`))
}
