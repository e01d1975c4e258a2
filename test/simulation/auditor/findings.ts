/** Names the rules that must hold after every step, and reports the one that does not. */
export const RULES = {
  L1: 'wallets, earnings and the platform together are what was credited, to the cent',
  L2: 'every amount is a whole number of cents',
  L3: 'no wallet and no earnings are below zero',
  L4: 'no fact is booked twice',
  L7: 'the journal only grows',
  L8: 'what is on disk, repeated, is what is in memory',
  L9: 'what was credited is what clients paid, each payment once',
  S1: 'a session comes to its rate times the connected time, rounded down',
  S2: 'never more is charged than is owed',
  S3: 'the charges sum to the total',
  S4: 'charges follow one another, a session ends once, and nothing comes after that',
  S5: 'a session runs to the end of the money and not beyond: then the wallet is empty',
  S6: 'what the client paid is what the reader and the platform got',
  S7: 'only time in which both were heard is billed',
  S8: 'no person is in two sessions',
  S9: 'a pause costs nothing',
  S10: 'a stop of the server costs the client nothing, and the reader no more than the time since both were last confirmed',
  S11: 'one prompt for each time that a mark is passed',
  S12: 'no jump of the wall clock changes an amount',
  S13: 'the price, and the platform’s share of it, are those of when it rang',
  S14: 'things that come together end as if they had come one after the other',
  S15: 'from its start to its end a session is connected time and pauses, and nothing is counted twice',
  B3: 'each charge is what was owed when it was made',
  B4: 'the unfinished minute costs what the operator chose, and a whole one only after a hang-up',
  B13: 'a short session is free, twice a day a client',
  B14: 'a session stops exactly at the limit that its client set',
  B15: 'a limit for a day is lowered at once and raised after a day, and no day takes more',
  B17: 'a session ends when its connection is lost once too often, and not before',
  R1: 'what has gone back of a payment is taken, once, and no more than came in',
  R3: 'what the wallet does not cover becomes a debt; the reader keeps what was earned',
  R4: 'a refund that the bank never made is back in the balance, and none is made twice',
  P1: 'never more is billed, or charged by any instant, than an honest page received',
  P2: 'what both received is billed, but for a moment at each gap',
  P3: 'time that was announced to be free stays free',
  P4: 'nothing that is handed over after the end counts',
  P5: 'what a page has sent is remembered for the next page of its seat',
  P6: 'what reaches a client unbilled is bounded, through reloads and restarts',
  P7: 'the meter stops for a reason that the rules give',
  P8: 'after a restart what both had reported by then is billed, but for what was not written yet',
  A1: 'what was announced or confirmed outlives every crash',
  A2: 'each route responds as the rules say',
  A3: 'a session ends for the reason that the rules give',
  A4: 'readers can be rung when they are there, want it, and are free',
  A5: 'nothing keeps waiting when everything has ended',
} as const

export type Rule = keyof typeof RULES

/** A rule did not hold. */
export class Broken extends Error {
  readonly rule: Rule

  constructor(rule: Rule, finding: string) {
    super(`[${rule}] ${RULES[rule]}: ${finding}`)
    this.name = 'Broken'
    this.rule = rule
  }
}

/** Throws a {@link Broken} unless `holds`. */
export function check(rule: Rule, holds: boolean, finding: () => string): void {
  if (!holds) throw new Broken(rule, finding())
}

export function same(rule: Rule, what: string, is: unknown, must: unknown): void {
  check(rule, Object.is(is, must), () => `${what} is ${String(is)} and must be ${String(must)}`)
}
