import express, { Router } from 'express'
import type { Limiter } from '../boundary/limiter.ts'
import type { Metrics } from '../boundary/metrics.ts'
import { POLICY_REPORTS, readPolicyReport } from '../boundary/policy-reports.ts'
import { notesOf } from '../boundary/requests.ts'
import type { Doors } from '../boundary.ts'
import { Refusal } from '../domain/errors.ts'
import type { Log } from '../engine/ports.ts'

const TYPES = ['application/csp-report', 'application/reports+json']
const LIMIT_BYTES = 8 * 1024

/** Takes the browsers' reports about our content policy: a line in the log and a figure each, for as many as are worth reading. */
export function policyRoutes(parts: {
  doors: Pick<Doors, 'networksOf'>
  limiter: Limiter
  log: Log
  metrics: Metrics
}): Router {
  const { doors, limiter, log, metrics } = parts
  const router = Router()

  router.post(
    POLICY_REPORTS,
    (req, _res, next) => {
      limiter.take('report', doors.networksOf(req))
      limiter.take('reports', 'everybody')
      if (!req.is(TYPES)) throw new Refusal('not_json', 'This address takes reports of browsers.')
      next()
    },
    express.json({ limit: LIMIT_BYTES, inflate: false, type: TYPES }),
    (req, res) => {
      const report = readPolicyReport(req.body)
      if (!report) throw new Refusal('invalid_input', 'This is no report of a content policy.')
      metrics.policyReports.inc({ directive: report.directive })
      log.warn({ ...notesOf(req), ...report, security: 'policy_violation' }, 'a page tried what it may not')
      res.status(204).end()
    },
  )

  return router
}
