/**
 * Lists deliberate bugs in the use of the pages' proofs. Every one must be found by the simulation
 * of what was received.
 */
import type * as proof from '../../../domain/proof.ts'
import type * as session from '../../../domain/session.ts'
import type * as spending from '../../../domain/spending.ts'
import type { Charging, createCharging } from '../../../engine/sessions/charging.ts'
import type { createConnections } from '../../../engine/sessions/connections.ts'
import type { createEvidence } from '../../../engine/sessions/evidence.ts'
import type { createGatherer } from '../../../engine/sessions/gathering.ts'
import type { createHearing } from '../../../engine/sessions/hearing.ts'
import type * as seats from '../../../engine/sessions/seats.ts'
import type { Rule } from '../auditor/findings.ts'
import type { Instead } from '../bugs.ts'
import type { ReceivedCourse } from './received-types.ts'

export interface ProofPlant {
  readonly hear?: Instead<typeof proof.hear>
  readonly isOvertaken?: Instead<typeof proof.isOvertaken>
  readonly commonSpans?: Instead<typeof proof.commonSpans>
  readonly provenUntil?: Instead<typeof proof.provenUntil>
  readonly billable?: Instead<typeof proof.billable>
  readonly seatTaken?: Instead<typeof seats.seatTaken>
  readonly createConnections?: Instead<typeof createConnections>
  readonly createCharging?: Instead<typeof createCharging>
  readonly createEvidence?: Instead<typeof createEvidence>
  readonly createGatherer?: Instead<typeof createGatherer>
  readonly createHearing?: Instead<typeof createHearing>
  readonly noteSent?: Instead<typeof session.noteSent>
  readonly fundsFor?: Instead<typeof spending.fundsFor>
}

export interface ProofBug {
  readonly name: string
  readonly breaks: Rule
  readonly course?: Omit<ReceivedCourse, 'seed'>
  readonly plant: ProofPlant
}

/** The bug that is in force. */
export const plantedInProof: { bug: ProofPlant } = { bug: {} }

const endOf = ({ spans }: proof.Account): number => spans.at(-1)?.until ?? 0

/** Returns the account whose end is the later one, for both. */
const longer = (one: proof.Account, other: proof.Account): proof.Account =>
  endOf(one) >= endOf(other) ? one : other

const until = (account: proof.Account, instant: number): proof.Account => {
  const last = account.spans.at(-1)
  if (!last) return account
  return {
    ...account,
    spans: [...account.spans.slice(0, -1), { from: last.from, until: Math.max(last.from, instant) }],
  }
}

type WithFirst = proof.Account & { first?: number }

const settlements = (change: (real: Charging) => Partial<Charging>): ProofPlant => ({
  createCharging:
    (real) =>
    (...parts) => {
      const made = real(...parts)
      return { ...made, ...change(made) }
    },
})

const ONLY_PATHS = { socket: 0, sockets: 0, link: 0, stall: 0, flicker: 0, hold: 0, reload: 0, takeOver: 0 }
const RESTARTS = { stop: 12, crash: 0, kill: 0 }
const CRASHES = { crash: 12, kill: 6 }

export const BUGS_OF_PROOF: readonly ProofBug[] = [
  {
    name: 'a page that says it received everything is believed',
    breaks: 'P1',
    course: { lie: { by: 'reader', what: 'hears everything' } },
    plant: {
      commonSpans: (real) => (one, other) => real(longer(one, other), longer(one, other)),
      provenUntil: (real) => (one, other, from) => real(longer(one, other), longer(one, other), from),
    },
  },
  {
    name: 'a page that says it received less is not believed',
    breaks: 'P1',
    course: { lie: { by: 'reader', what: 'hears nothing of some' } },
    plant: {
      commonSpans: (real) => (client) => real(client, client),
      provenUntil: (real) => (client, _, from) => real(client, client, from),
    },
  },
  {
    name: 'a page’s clock is placed once and for all, and runs 5 % fast',
    breaks: 'P1',
    course: { rate: 1.05 },
    plant: {
      hear: (real) => (account: WithFirst, readings, arrivedAt) => {
        const first = account.first ?? arrivedAt - readings.now
        const heard: WithFirst = { ...real(account, readings, arrivedAt), first }
        return until(heard, (heard.heardAt ?? 0) + first)
      },
    },
  },
  {
    name: 'a late beat is credited its delay',
    breaks: 'P1',
    course: { late: 0.9, rate: 1, often: { path: 20 } },
    plant: {
      hear: (real) => (account, readings, arrivedAt) => {
        const { quickest: _, ...rest } = account
        return real({ ...rest, marks: [] }, readings, arrivedAt)
      },
    },
  },
  {
    name: 'a beat that comes twice counts until it came again',
    breaks: 'P1',
    course: { twice: 0.8, often: { path: 20 } },
    plant: {
      hear: (real) => (account, readings, arrivedAt) =>
        account.marks.at(-1)?.now === readings.now
          ? until(account, arrivedAt)
          : real(account, readings, arrivedAt),
    },
  },
  {
    name: 'a beat that was overtaken counts as the newest',
    breaks: 'P1',
    course: { twice: 0.8, often: { path: 20 } },
    plant: {
      isOvertaken: () => () => false,
      hear: (real) => (account, readings, arrivedAt) => {
        if (readings.now >= (account.marks.at(-1)?.now ?? 0)) return real(account, readings, arrivedAt)
        return until(account, arrivedAt)
      },
    },
  },
  {
    name: 'where two hand over what disagrees, the longer counts',
    breaks: 'P1',
    course: { lie: { by: 'client', what: 'hears everything' }, often: { sockets: 10 } },
    plant: {
      commonSpans: (real) => (one, other) => {
        const disagree = Math.abs(endOf(one) - endOf(other)) > 3_000
        return disagree ? real(longer(one, other), longer(one, other)) : real(one, other)
      },
      provenUntil: (real) => (one, other, from) => {
        const disagree = Math.abs(endOf(one) - endOf(other)) > 3_000
        return disagree ? real(longer(one, other), longer(one, other), from) : real(one, other, from)
      },
    },
  },
  {
    name: 'what is handed over once more after an announced pause is billed',
    breaks: 'P3',
    course: { lie: { by: 'reader', what: 'says that it is interrupted' }, often: ONLY_PATHS },
    plant: { billable: () => (spans) => [...spans] },
  },
  {
    name: 'what is handed over after the end is taken',
    breaks: 'P4',
    plant: { createConnections: (real) => (parts) => ({ ...real(parts), forget: () => undefined }) },
  },
  {
    name: 'a reload forgets what has been sent',
    breaks: 'P5',
    course: { often: { reload: 10 } },
    plant: {
      seatTaken:
        (real) =>
        (...args) => ({ ...real(...args), sentMs: 0 }),
    },
  },
  {
    name: 'a minute is charged without proof of its last second',
    breaks: 'P1',
    course: { often: { path: 20 } },
    plant: { createEvidence: (real) => (parts) => ({ ...real(parts), provenUntil: () => Infinity }) },
  },
  {
    name: 'the charge of a minute is not made when its last second is proven',
    breaks: 'B3',
    plant: {
      createGatherer: (real) => (parts) => ({ ...real(parts), whenProven: () => () => undefined }),
    },
  },
  {
    name: 'what is handed over when a page is back is not billed',
    breaks: 'P2',
    course: { rate: 1, often: { sockets: 10 } },
    plant: settlements(() => ({ extend: (_tx, paused) => paused })),
  },
  {
    name: 'a page without its socket is taken for gone at once',
    breaks: 'P7',
    course: { rate: 1, often: { socket: 20 } },
    plant: { createHearing: (real) => (parts) => real({ ...parts, graceMs: parts.heartbeatTimeoutMs }) },
  },
  {
    name: 'the time in which a killed server was away is billed',
    breaks: 'P8',
    course: { often: CRASHES },
    plant: settlements((real) => ({
      pause: (tx, live, lastGoodAt, cause) =>
        real.pause(tx, live, cause === 'server_stopped' ? tx.now : lastGoodAt, cause),
    })),
  },
  {
    name: 'after a kill only what was settled counts',
    breaks: 'P8',
    course: { often: CRASHES },
    plant: settlements((real) => ({
      pause: (tx, live, lastGoodAt, cause) =>
        real.pause(tx, live, cause === 'server_stopped' ? live.settledAt : lastGoodAt, cause),
    })),
  },
  {
    name: 'a stop forgets what has been sent',
    breaks: 'P5',
    course: { lie: { by: 'client', what: 'hears nothing any more' }, often: RESTARTS },
    plant: { noteSent: () => (open) => open },
  },
  {
    name: 'a page hears that what it sent is proven',
    breaks: 'P6',
    course: { lie: { by: 'client', what: 'hears nothing any more' }, often: ONLY_PATHS },
    plant: { createConnections: (real) => (parts) => ({ ...real(parts), provenMs: () => 99_000_000 }) },
  },
  {
    name: 'a limit is not heeded where proof is waited for',
    breaks: 'S5',
    course: { often: { limit: 10 } },
    plant: {
      fundsFor:
        (real) =>
        ({ limitCents: _, ...open }, client, at) =>
          real(open, client, at),
    },
  },
]
