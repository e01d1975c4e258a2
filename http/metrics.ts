/** The server's metrics, in the text format that Prometheus reads. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { MailCounts } from '../engine/mail/operations.ts'
import type { Store } from '../engine/ports.ts'

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

export type Metrics = ReturnType<typeof createMetrics>

/** Creates every counter and histogram of the server, in a registry of their own. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers })
  const seconds = (name: string, help: string) =>
    new Histogram({ name, help, buckets: BUCKETS_SECONDS, registers })

  return {
    registry,
    requests: counter('soulseer_requests_total', 'HTTP requests by status', 'status'),
    refusals: counter('soulseer_refusals_total', 'Refused requests and socket events by code', 'code'),
    socketEvents: counter('soulseer_socket_events_total', 'Events from pages', 'event'),
    commits: counter('soulseer_commits_total', 'Changes on disk, and those refused, by outcome', 'outcome'),
    commitSeconds: seconds('soulseer_commit_seconds', 'From a decision until it is on disk'),
    journalSyncSeconds: seconds(
      'soulseer_journal_sync_seconds',
      'One write of the journal, through to the disk',
    ),
    charges: counter('soulseer_charges_total', 'Charges announced'),
    unbilledSessions: counter(
      'soulseer_unbilled_sessions_total',
      'Sessions that left media which reached the client unbilled',
    ),
    unbilledSeconds: counter(
      'soulseer_unbilled_seconds_total',
      'Media that reached clients and was never proven, so not billed',
    ),
    alarmLatenessSeconds: seconds(
      'soulseer_alarm_lateness_seconds',
      'How late a wake-up came, charges among them',
    ),
    logins: counter('soulseer_logins_total', 'Log-ins by outcome', 'outcome'),
  }
}

/** Adds a gauge whose value is read each time that the metrics are requested. */
export function addGauge(
  { registry }: Metrics,
  name: string,
  help: string,
  read: () => number | Promise<number>,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      this.set(await read())
    },
  })
}

/**
 * Adds what prom-client knows of a Node process, and the two of its figures that our alerts know by
 * another name.
 */
export function addProcessMetrics(metrics: Metrics): void {
  collectDefaultMetrics({ register: metrics.registry })
  const loop = monitorEventLoopDelay({ resolution: 10 })
  loop.enable()
  addGauge(
    metrics,
    'soulseer_loop_delay_p99_seconds',
    'Delay of the event loop since the last look, 99th percentile',
    () => {
      const p99 = loop.percentile(99) / 1e9
      loop.reset()
      return p99
    },
  )
  addGauge(metrics, 'soulseer_resident_bytes', 'Memory of the process', () => process.memoryUsage.rss())
}

/** Adds the gauges of open sessions and of those whose meter runs. */
export function addSessionGauges(metrics: Metrics, store: Pick<Store, 'read'>): void {
  const count = (counts: (status: string) => boolean) =>
    store.read((view) => [...view.openSessions()].filter(({ status }) => counts(status)).length)
  addGauge(metrics, 'soulseer_sessions', 'Sessions that have not ended', () => count(() => true))
  addGauge(metrics, 'soulseer_sessions_live', 'Sessions whose meter runs', () =>
    count((status) => status === 'live'),
  )
}

/** Adds the gauges of mails: what waits, what needs the operator, and whether any can leave. */
export function addMailGauges(metrics: Metrics, counts: () => Promise<MailCounts>, hasServer: boolean): void {
  const gauge = (name: string, help: string, of: (counts: MailCounts) => number) =>
    addGauge(metrics, name, help, async () => of(await counts()))
  gauge('soulseer_mails_queued', 'Mails that wait to be sent', ({ queued }) => queued)
  gauge('soulseer_mails_failed', 'Mails of the last 30 days that could not be sent', ({ failed }) => failed)
  gauge('soulseer_mails_unsure', 'Mails that may have been sent', ({ unsure }) => unsure)
  gauge(
    'soulseer_mail_oldest_seconds',
    'How long the oldest queued mail has waited',
    ({ oldestQueuedMs }) => oldestQueuedMs / 1000,
  )
  addGauge(metrics, 'soulseer_mail_server', '1 where mails can leave', () => (hasServer ? 1 : 0))
}
