/** Declares the types of the simulation of pages that prove what they receive. */
import type { Client } from '../../../domain/client.ts'
import type { Reader } from '../../../domain/reader.ts'
import type { MemoryDisk } from '../../support/store/memory-disk.ts'
import type { Settings } from '../auditor/auditor.ts'
import type { ClientBook } from '../auditor/purse.ts'
import type { Bank } from '../bank.ts'
import type { SimulatedClock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { Server } from '../server.ts'
import type { EndedView, Receipts, Side } from './receipts.ts'

export interface ReceivedCourse {
  readonly seed: number
  readonly steps?: number
  /** The weight of each action; the usual one where it is left out. */
  readonly often?: Partial<Record<string, number>>
  /** The speed of both pages' clocks; chance decides where it is left out. */
  readonly rate?: number
  /**
   * The probability that a message comes late, by up to a second; 0 for beats that take a
   * millisecond each.
   */
  readonly late?: number
  /** The probability that a message comes twice. */
  readonly twice?: number
  readonly lie?: { readonly by: Side; readonly what: Lie } | undefined
}

/** One session, from its request on. */
export interface Call {
  readonly id: string
  readonly rateCents: number
  /** The platform's share when it rang. */
  readonly feePercent: number
  readonly epoch: number
  readonly pages: Record<Side, ProvingPage>
  readonly receipts: Receipts
  /** The charges, as they were announced. */
  readonly charges: { readonly at: number; readonly billedMs: number; readonly cents: number }[]
  /** The time that each side has sent in all, whatever its pages know of it. */
  readonly sentMs: Record<Side, number>
  /**
   * The part of it that the server must know, and the part that was lost with a page that had not
   * reported it.
   */
  readonly mustKnowMs: Record<Side, number>
  lostOfSentMs: number
  /** The number of times that a page of the reader's has joined, or rejoined. */
  arrivals: number
  /** The amount that was paid in after its end. */
  paidLateCents: number
  limitCents: number | undefined
  /** A limit that the server died of being asked for: the disk alone knows whether it holds. */
  asked:
    | { readonly limitCents: number | undefined }
    | { readonly dayCents: number | undefined; readonly at: number }
    | undefined
  /** A limit was set below what had been used. */
  isCutShort: boolean
  ended: EndedView | undefined
  /** The server is gone, and has not come back. */
  isOrphan: boolean
}

export interface World {
  readonly course: ReceivedCourse
  readonly random: Random
  readonly settings: Settings
  readonly clock: SimulatedClock
  readonly bank: Bank
  readonly people: { client: Client; reader: Reader }
  readonly purse: ClientBook
  readonly counts: Record<string, number>
  disk: MemoryDisk
  server: Server
  call: Call | undefined
  automatic: { amountCents: number; dailyCapCents: number } | undefined
  serial: number
  failure: unknown
  /** It is being stopped in good order. */
  isOrderly: boolean
  /** It will be killed at one of the next changes of the disk. */
  isArmed: boolean
}

/** The lies of a page. */
export type Lie =
  | 'hears everything'
  | 'hears nothing of some'
  | 'hears nothing any more'
  | 'says that it is interrupted'

export interface ProvingPage {
  readonly side: Side
  holder: string
  name: string
  readonly base: number
  readonly rate: number
  hears: boolean
  heardSince: number
  heardAt: number
  /** Nothing that it says arrives before this instant: its link is down. */
  heldUntil: number
  seated: boolean
  state: 'connected' | 'interrupted'
  /** The arrival of its last message: a socket keeps the order. */
  arrivesAt: number
  /**
   * The time that it has sent since the accept, and the part of it that the server has heard of.
   */
  sentMs: number
  heardOfMs: number
  /** Until when that is reckoned. */
  readAt: number
  /** True if it received that the meter runs. */
  runs: boolean
  /** The proven time, as far as it was announced since it joined. */
  provenMs: number | undefined
  unbilledMs: number
  /** The time that it has sent without its socket. */
  aloneMs: number
}
