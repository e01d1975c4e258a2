/**
 * Limits card testing, the trying out of stolen cards, by what is on record: a restart forgets
 * nothing.
 */
import { formatCents } from '../shared/money.ts'
import { ageOf, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../shared/time.ts'
import type { Client } from './client.ts'
import { WIDER } from './networks.ts'
import { type TopUp, unreturnedCents } from './top-up.ts'

/** The time over which attempts are counted. */
export const ATTEMPTS_WITHIN_MS = 10 * MINUTE_MS
/** Length of a pause, and the time over which the declines that lead to it are counted. */
export const PAUSE_MS = HOUR_MS
/** Length of a pause while open payments are being closed. */
const WHILE_OPEN_MS = 5 * SECOND_MS

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
    (wish.savedCard
      ? undefined
      : (afterCards(client.topUps, limits.cards, at) ?? whileOpen(client.topUps, limits.cards, at))) ??
    asNewAccount(client, wish.amountCents, limits.newAccountCents, at)
  )
}

/**
 * Returns true while there is no automatic top-up yet: before the account is old enough, and a
 * payment that the client made has neither gone back nor is disputed.
 */
export function waitsForAutomatic(client: Client, at: number, limits: CardLimits): boolean {
  const { automaticAfterMs } = limits
  const isSound = (topUp: TopUp) =>
    topUp.kind !== 'automatic' && !topUp.openDisputes && unreturnedCents(topUp) > 0
  return (
    automaticAfterMs > 0 && (!client.topUps.some(isSound) || ageOf(client.createdAt, at) < automaticAfterMs)
  )
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
  if (waitsForAutomatic(client, at, limits)) return false
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

/**
 * Returns true where the payments that a client has opened, each of which could take a card of its
 * own, could take more different cards than one may use in a day if one more were opened.
 */
export function hasTooManyOpen(client: Client, at: number, limits: CardLimits): boolean {
  return whileOpen(client.topUps, limits.cards, at) !== undefined
}

function declinesOf(topUps: readonly TopUp[]): number[] {
  return topUps.flatMap(({ declines = [] }) => declines.map(({ at }) => at)).sort((a, b) => a - b)
}

function afterAttempts(instants: readonly number[], most: number, at: number): Pause | undefined {
  const recent = instants
    .filter((instant) => ageOf(instant, at) < ATTEMPTS_WITHIN_MS)
    .sort((one, other) => one - other)
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
  const recent = instants.filter((instant) => ageOf(instant, at) < PAUSE_MS)
  const last = recent.at(-1)
  const first = last === undefined ? undefined : instants.filter((each) => each <= last).at(-most)
  if (last === undefined || first === undefined || last - first > PAUSE_MS) return undefined
  return {
    words: 'Several payments were declined, so there is a pause before the next attempt. Nothing was taken.',
    waitMs: last + PAUSE_MS - at,
  }
}

function afterCards(topUps: readonly TopUp[], most: number, at: number): Pause | undefined {
  const today = topUps.filter(isOfToday(at))
  if (cardsOf(today).size < most) return undefined
  return {
    words: 'Several different cards have been used today. Use a card that you have saved, or wait.',
    waitMs: Math.min(...today.map(({ createdAt }) => createdAt)) + DAY_MS - at,
  }
}

function whileOpen(topUps: readonly TopUp[], most: number, at: number): Pause | undefined {
  const open = topUps.filter(({ status, cardId }) => status === 'pending' && cardId === undefined)
  if (open.length === 0 || cardsOf(topUps.filter(isOfToday(at))).size + open.length < most) return undefined
  return {
    words: 'You have started several payments. Try again in a few seconds, or finish one of them.',
    waitMs: WHILE_OPEN_MS,
  }
}

function isOfToday(at: number): (topUp: TopUp) => boolean {
  return ({ createdAt }) => ageOf(createdAt, at) < DAY_MS
}

function cardsOf(topUps: readonly TopUp[]): Set<string> {
  return new Set(topUps.flatMap(fingerprintsOf))
}

function fingerprintsOf({ card, declines = [] }: TopUp): string[] {
  return [card, ...declines.map((declined) => declined.card)].flatMap((face) => face?.fingerprint ?? [])
}

function asNewAccount(client: Client, amountCents: number, mostCents: number, at: number): Pause | undefined {
  if (ageOf(client.createdAt, at) >= DAY_MS) return undefined
  if (sumOf(client.topUps, ['succeeded', 'pending']) + amountCents <= mostCents) return undefined
  return {
    words: `On its first day an account can add ${formatCents(mostCents)} in total.`,
    waitMs: client.createdAt + DAY_MS - at,
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
