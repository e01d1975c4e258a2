/** Keeps what the runs came to in a file, and prints it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Outcome, RunPlan } from './run.ts'

const FOLDER = resolve(process.env.CUTS_FOLDER ?? 'test-reports')
const FILE = join(FOLDER, 'cuts.json')
const TABLE = join(FOLDER, 'cuts.md')

/** Returns the name of a run, which is also the name of its test. */
export function nameOf({ what, seed, kind, minuteMs, path, runMs }: Omit<RunPlan, 'cuts'>): string {
  return `${what}, seed ${seed}, ${kind.toLowerCase()}, minute of ${minuteMs / 1_000} s, ${path}, ${runMs / 1_000} s`
}

/** Returns the line of one run. */
export function lineOf(outcome: Outcome): string {
  const { connectedMs, billedMs, differenceMs, endReason, gaps, mishaps, pauses } = outcome
  const sign = differenceMs < 0 ? '−' : '+'
  return [
    nameOf(outcome),
    `connected ${seconds(connectedMs)} s`,
    `billed ${seconds(billedMs)} s`,
    `difference ${sign}${seconds(Math.abs(differenceMs))} s`,
    `${mishaps.length} cuts or events, ${gaps} gaps`,
    ...(pauses.length === 0 ? [] : [`paused: ${pauses.map(({ cause }) => cause).join(', ')}`]),
    ...(endReason === 'reader_ended' ? [] : [endReason]),
  ].join(' │ ')
}

/** Adds a run to the file, and to the table beside it; one of the same name gives way. */
export function keep(outcome: Outcome): void {
  const others = kept().filter((other) => nameOf(other) !== nameOf(outcome))
  mkdirSync(FOLDER, { recursive: true })
  const runs = [...others, outcome]
  writeFileSync(FILE, `${JSON.stringify(runs, null, 1)}\n`)
  writeFileSync(TABLE, `${tableOf(runs)}\n`)
}

/** Returns a table with a line for each run. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map(({ what, kind, path, minuteMs, seed, mishaps, ...run }) =>
    [
      what,
      kind.toLowerCase(),
      path,
      minuteMs / 1_000,
      seed,
      mishaps.length,
      seconds(run.connectedMs),
      seconds(run.billedMs),
      seconds(run.differenceMs),
    ].join(' | '),
  )
  return [
    '| what | session | path | minute s | seed | cuts | connected s | billed s | difference s |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines.map((line) => `| ${line} |`),
  ].join('\n')
}

/** Returns every run of the file. */
export function kept(): Outcome[] {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : []
}

/**
 * Returns a table with a line for each kind of mishap, session and path: the means of its runs, and
 * the least and the greatest difference.
 */
export function summaryOf(outcomes: readonly Outcome[]): string {
  const groupOf = ({ what, kind, path }: Outcome) => `${what}, ${kind.toLowerCase()}, ${path}`
  const kinds = [...new Set(outcomes.map(groupOf))]
  const lines = kinds.map((name) => {
    const runs = outcomes.filter((outcome) => groupOf(outcome) === name)
    const mean = (value: (run: Outcome) => number) =>
      runs.reduce((sum, run) => sum + value(run), 0) / runs.length
    const differences = runs.map(({ differenceMs }) => differenceMs)
    return [
      name,
      runs.length,
      seconds(mean(({ connectedMs }) => connectedMs)),
      seconds(mean(({ billedMs }) => billedMs)),
      seconds(mean(({ differenceMs }) => differenceMs)),
      seconds(Math.min(...differences)),
      seconds(Math.max(...differences)),
    ].join(' | ')
  })
  return [
    '| what | runs | connected s | billed s | difference s, mean | least | most |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines.map((line) => `| ${line} |`),
  ].join('\n')
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(2)
