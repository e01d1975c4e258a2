/**
 * Limits card testing, the trying out of stolen cards, by what is on record: a restart forgets
 * nothing.
 */
import { formatCents } from '../shared/money.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../shared/time.ts'
import type { Client } from './client.ts'
import { WIDER } from './networks.ts'
import { type TopUp, unreturnedCents } from './top-up.ts'

/** The time over which attempts are counted. */
export const ATTEMPTS_WITHIN_MS = 10 * MINUTE_MS
/** Length of a pause, and the time over which the declines that lead to it are counted. */
export const PAUSE_MS = HOUR_MS

export interface CardLimits {
  /** Attempts of one client within ten minutes. */
  readonly attempts: number
  /** Declines within an hour, after which there is an hour's pause. */
  readonly declines: number
  /** Different cards of one client in a day. */
  readonly cards: number
  /** Most that a new account may put in within its first day, in cents. */
  readonly newAccountCents: number
  /** Minimum age of an account before a card is charged automatically, in milliseconds. */
  readonly automaticAfterMs: number
  /**
   * Attempts from one network address within ten minutes: a household, an office, a telephone
   * network.
   */
  readonly attemptsFromAddress: number
  /** Declines at one network address within an hour. */
  readonly declinesAtAddress: number
}

export const STRICT: CardLimits = {
  attempts: 5,
  declines: 3,
  cards: 3,
  newAccountCents: 10_000,
  automaticAfterMs: DAY_MS,
  attemptsFromAddress: 20,
  declinesAtAddress: 20,
}

/** For development and tests, where one address and one account make many attempts. */
export const LENIENT: CardLimits = {
  attempts: 200,
  declines: 50,
  cards: 50,
  newAccountCents: Number.MAX_SAFE_INTEGER,
  automaticAfterMs: 0,
  attemptsFromAddress: 2_000,
  declinesAtAddress: 500,
}

/** Why no attempt is possible now, and after how many milliseconds one is. */
export interface Pause {
  readonly words: string
  readonly waitMs: number
}

export interface Wish {
  readonly amountCents: number
  /** True for a card that the client has saved, and so has been charged before. */
  readonly savedCard: boolean
}

/**
 * Returns the pause that applies to a new attempt of this client at `at`; undefined when none does.
 */
export function pauseFor(client: Client, wish: Wish, at: number, limits: CardLimits): Pause | undefined {
  const asked = client.topUps.filter(({ kind }) => kind !== 'automatic')
  return (
    afterAttempts(
      asked.map(({ createdAt }) => createdAt),
      limits.attempts,
      at,
    ) ??
    afterDeclines(declinesOf(client.topUps), limits.declines, at) ??
    (wish.savedCard ? undefined : afterCards(client.topUps, limits.cards, at)) ??
    asNewAccount(client, wish.amountCents, limits.newAccountCents, at)
  )
}

/**
 * Returns the earliest instant of an automatic top-up: once the account is old enough, and a
 * payment that the client made has neither gone back nor is disputed. Undefined while there is no
 * such payment.
 */
export function automaticFrom(client: Client, limits: CardLimits): number | undefined {
  const isSound = (topUp: TopUp) =>
    topUp.kind !== 'automatic' && !topUp.openDisputes && unreturnedCents(topUp) > 0
  const waitsForPayment = limits.automaticAfterMs > 0 && !client.topUps.some(isSound)
  return waitsForPayment ? undefined : client.createdAt + limits.automaticAfterMs
}

/**
 * Returns true where an automatic top-up of this amount is allowed at `at`: the pauses of payments
 * by hand hold here too.
 */
export function mayComeByItself(
  client: Client,
  amountCents: number,
  at: number,
  limits: CardLimits,
): boolean {
  const from = automaticFrom(client, limits)
  if (from === undefined || from > at) return false
  return (
    afterDeclines(declinesOf(client.topUps), limits.declines, at) === undefined &&
    asNewAccount(client, amountCents, limits.newAccountCents, at) === undefined
  )
}

/**
 * Returns the pause that applies at a network address. `tries` are instants at that address and at
 * the networks around it, which may do `WIDER` times as much.
 */
export function pauseAtAddress(
  tries: readonly { readonly attempts: readonly number[]; readonly declines: readonly number[] }[],
  at: number,
  limits: CardLimits,
): Pause | undefined {
  for (const [breadth, { attempts, declines }] of tries.entries()) {
    const times = WIDER[breadth] ?? 1
    const pause =
      afterAttempts(attempts, limits.attemptsFromAddress * times, at) ??
      afterDeclines(declines, limits.declinesAtAddress * times, at)
    if (pause) return pause
  }
  return undefined
}

/** Returns true where a client has so many declines that open payments should be closed. */
export function hasTooManyDeclines(client: Client, at: number, limits: CardLimits): boolean {
  return afterDeclines(declinesOf(client.topUps), limits.declines, at) !== undefined
}

/**
 * Returns true where a client has used so many different cards that open payments, each of which
 * could take one more, should be closed.
 */
export function hasTooManyCards(client: Client, at: number, limits: CardLimits): boolean {
  return afterCards(client.topUps, limits.cards, at) !== undefined
}

function declinesOf(topUps: readonly TopUp[]): number[] {
  return topUps.flatMap(({ declines = [] }) => declines.map(({ at }) => at)).sort((a, b) => a - b)
}

function afterAttempts(instants: readonly number[], most: number, at: number): Pause | undefined {
  const recent = instants.filter((instant) => instant > at - ATTEMPTS_WITHIN_MS)
  const first = recent.at(-most)
  if (recent.length < most || first === undefined) return undefined
  return {
    words: 'There have been many attempts to add funds in the last few minutes.',
    waitMs: first + ATTEMPTS_WITHIN_MS - at,
  }
}

/**
 * Returns an hour's pause from the last of `most` declines that came within an hour; undefined
 * without them.
 */
function afterDeclines(instants: readonly number[], most: number, at: number): Pause | undefined {
  const recent = instants.filter((instant) => instant > at - PAUSE_MS)
  const last = recent.at(-1)
  const first = last === undefined ? undefined : instants.filter((each) => each <= last).at(-most)
  if (last === undefined || first === undefined || last - first > PAUSE_MS) return undefined
  return {
    words: 'Several payments were declined, so there is a pause before the next attempt. Nothing was taken.',
    waitMs: last + PAUSE_MS - at,
  }
}

function afterCards(topUps: readonly TopUp[], most: number, at: number): Pause | undefined {
  const today = topUps.filter(({ createdAt }) => createdAt > at - DAY_MS)
  const seen = new Set(today.flatMap(fingerprintsOf))
  const oldest = today[0]
  if (seen.size < most || !oldest) return undefined
  return {
    words: 'Several different cards have been used today. Use a card that you have saved, or wait.',
    waitMs: oldest.createdAt + DAY_MS - at,
  }
}

function fingerprintsOf({ card, declines = [] }: TopUp): string[] {
  return [card, ...declines.map((declined) => declined.card)].flatMap((face) => face?.fingerprint ?? [])
}

function asNewAccount(client: Client, amountCents: number, mostCents: number, at: number): Pause | undefined {
  const waitMs = client.createdAt + DAY_MS - at
  if (waitMs <= 0) return undefined
  if (sumOf(client.topUps, ['succeeded', 'pending']) + amountCents <= mostCents) return undefined
  return {
    words: `On its first day an account can add ${formatCents(mostCents)} in total.`,
    waitMs,
  }
}

/**
 * Returns true where a new account would have room for `amountCents` if no open payment counted.
 */
export function hasRoomOnceClosed(
  client: Client,
  amountCents: number,
  at: number,
  { newAccountCents }: CardLimits,
): boolean {
  if (asNewAccount(client, amountCents, newAccountCents, at) === undefined) return false
  return sumOf(client.topUps, ['succeeded']) + amountCents <= newAccountCents
}

function sumOf(topUps: readonly TopUp[], statuses: readonly TopUp['status'][]): number {
  return topUps
    .filter(({ status }) => statuses.includes(status))
    .reduce((sum, { amountCents }) => sum + amountCents, 0)
}
