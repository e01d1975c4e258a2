/** What is measured, in the text format that Prometheus reads. */

type Labels = Readonly<Record<string, string>>

const NO_LABELS: Labels = {}

export interface Metrics {
  /** Adds one (or `by`) to a counter, whose name ends in `_total`. */
  count(name: MetricName, labels?: Labels, by?: number): void
  /** Puts a span of milliseconds into a histogram of seconds. */
  observe(name: MetricName, ms: number): void
  /** Reads a value anew each time it is asked for. */
  gauge(name: MetricName, read: () => number | Promise<number>): void
  text(): Promise<string>
}

/** All there is to see, with what it means. */
const HELP = {
  soulseer_requests_total: 'HTTP requests by status',
  soulseer_refusals_total: 'Refused requests and socket events by code',
  soulseer_policy_reports_total: 'What browsers stopped by the content policy, by rule',
  soulseer_socket_events_total: 'Events from pages',
  soulseer_commits_total: 'Changes on disk, and those refused, by outcome',
  soulseer_commit_seconds: 'From a decision until it is on disk',
  soulseer_journal_sync_seconds: 'One write of the journal, through to the disk',
  soulseer_charges_total: 'Charges announced',
  soulseer_unbilled_seconds_total: 'Media that reached clients and was never proven, so not billed',
  soulseer_unbilled_sessions_total: 'Sessions that left such media unbilled',
  soulseer_alarm_lateness_seconds: 'How late a wake-up came, charges among them',
  soulseer_logins_total: 'Log-ins by outcome',
  soulseer_sockets: 'Open sockets',
  soulseer_sessions: 'Sessions that have not ended',
  soulseer_sessions_live: 'Sessions whose meter runs',
  soulseer_loop_delay_p99_seconds: 'Delay of the event loop since the last look, 99th percentile',
  soulseer_resident_bytes: 'Memory of the process',
  soulseer_disk_free_bytes: 'Room left on the disk of the data folder',
  soulseer_uptime_seconds: 'Since the process started',
} as const

export type MetricName = keyof typeof HELP

const BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

interface Histogram {
  readonly buckets: number[]
  sum: number
  count: number
}

export function createMetrics(): Metrics {
  const counters = new Map<MetricName, Map<string, number>>()
  const histograms = new Map<MetricName, Histogram>()
  const gauges = new Map<MetricName, () => number | Promise<number>>()
  const written = new WeakMap<Labels, string>() // what is counted thousands of times a second keeps its labels in one object

  const keyOf = (labels: Labels): string => {
    const known = written.get(labels)
    if (known !== undefined) return known
    const key = labelsOf(labels)
    written.set(labels, key)
    return key
  }

  return {
    count(name, labels = NO_LABELS, by = 1) {
      const series = counters.get(name) ?? new Map<string, number>()
      const key = keyOf(labels)
      series.set(key, (series.get(key) ?? 0) + by)
      counters.set(name, series)
    },

    observe(name, ms) {
      const seconds = ms / 1000
      const histogram = histograms.get(name) ?? { buckets: BOUNDS_SECONDS.map(() => 0), sum: 0, count: 0 }
      BOUNDS_SECONDS.forEach((bound, index) => {
        if (seconds <= bound) histogram.buckets[index] = (histogram.buckets[index] ?? 0) + 1
      })
      histogram.sum += seconds
      histogram.count += 1
      histograms.set(name, histogram)
    },

    gauge: (name, read) => void gauges.set(name, read),

    async text() {
      const lines: string[] = []
      for (const [name, series] of counters) {
        lines.push(
          ...headOf(name, 'counter'),
          ...[...series].map(([labels, value]) => `${name}${labels} ${value}`),
        )
      }
      for (const [name, histogram] of histograms) {
        lines.push(...headOf(name, 'histogram'), ...linesOf(name, histogram))
      }
      for (const [name, read] of gauges) lines.push(...headOf(name, 'gauge'), `${name} ${await read()}`)
      return `${lines.join('\n')}\n`
    },
  }
}

const headOf = (name: MetricName, type: string): string[] => [
  `# HELP ${name} ${HELP[name]}`,
  `# TYPE ${name} ${type}`,
]

function linesOf(name: string, { buckets, sum, count }: Histogram): string[] {
  return [
    ...BOUNDS_SECONDS.map((bound, index) => `${name}_bucket{le="${bound}"} ${buckets[index] ?? 0}`),
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_sum ${sum}`,
    `${name}_count ${count}`,
  ]
}

function labelsOf(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[^\w.-]/g, '_')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
