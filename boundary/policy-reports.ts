/** What browsers tell of things that our content policy stopped: read in both of their formats, and rid of everything personal. */
import { z } from 'zod'

/** Where browsers send them. */
export const POLICY_REPORTS = '/csp-report'

/** What is kept of a report: which rule, and what was stopped where, without a name, a number or a query. */
export interface PolicyReport {
  readonly directive: string
  readonly blocked: string
  readonly page: string
}

const text = z.string().max(4_096)

const OldReport = z.object({
  'csp-report': z.object({
    'document-uri': text,
    'effective-directive': text.optional(),
    'violated-directive': text.optional(),
    'blocked-uri': text.optional(),
  }),
})
const NewReport = z.object({
  type: z.literal('csp-violation'),
  body: z.object({ documentURL: text, effectiveDirective: text, blockedURL: text.nullish() }),
})
const Reports = z.union([
  OldReport.transform(({ 'csp-report': old }) => ({
    page: old['document-uri'],
    directive: old['effective-directive'] ?? old['violated-directive'] ?? '',
    blocked: old['blocked-uri'] ?? '',
  })),
  z
    .array(NewReport)
    .min(1)
    .transform(([{ body } = { body: undefined }]) => ({
      page: body?.documentURL ?? '',
      directive: body?.effectiveDirective ?? '',
      blocked: body?.blockedURL ?? '',
    })),
])

/** The first violation in a body that a browser sent; undefined when it is no report. */
export function readPolicyReport(body: unknown): PolicyReport | undefined {
  const { data } = Reports.safeParse(body)
  return (
    data && { directive: ruleIn(data.directive), blocked: sourceOf(data.blocked), page: pageOf(data.page) }
  )
}

const RULES = [
  'script-src',
  'require-trusted-types-for',
  'trusted-types',
  'style-src',
  'font-src',
  'img-src',
  'media-src',
  'connect-src',
  'frame-src',
  'worker-src',
  'manifest-src',
  'object-src',
  'base-uri',
  'form-action',
  'frame-ancestors',
  'default-src',
]

/** One of the policy's own rules, so that nobody can fill the figures with names of their making. */
function ruleIn(directive: string): string {
  return RULES.find((rule) => directive.startsWith(rule)) ?? 'other'
}

const WORDS = ['inline', 'eval', 'data', 'blob', 'wasm-eval', 'self']

/** Where the thing that was stopped would have come from: a host, or one of the browsers' words. */
function sourceOf(blocked: string): string {
  if (WORDS.includes(blocked)) return blocked
  return URL.canParse(blocked) ? new URL(blocked).origin.slice(0, 100) : 'other'
}

/** The page without the id of whatever it shows. */
function pageOf(document: string): string {
  if (!URL.canParse(document)) return 'other'
  const [, first = ''] = new URL(document).pathname.split('/')
  return /^[a-z-]{0,20}$/.test(first) ? `/${first}` : 'other'
}
