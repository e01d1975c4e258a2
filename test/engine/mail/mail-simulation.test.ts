/**
 * Lets mails be queued, sent, lost and crashed in random order on a clock that moves at will, and
 * checks what docs/MAIL.md promises. Planted bugs show that it would notice.
 */
import { describe, expect, it } from 'vitest'
import { UNMATCHED_PAYMENTS } from '../../../domain/tables.ts'
import { queueMail } from '../../../engine/mail/queue.ts'
import { mailToken } from '../../../engine/mail/tokens.ts'
import type { MailOutcome, OutgoingMail } from '../../../engine/ports.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../shared/time.ts'
import { createRandom, type Random } from '../../simulation/random.ts'
import { testDataKey } from '../../support/data-key.ts'
import { sampleSize, TEST_SEED } from '../../support/sample.ts'
import { CONFIRMED, createMailWorld, type MailWorld, settle } from './mail-world.ts'

type Bug = 'queued twice' | 'lost on a crash' | 'another Message-ID' | 'a token in a record'

const RUNS = sampleSize(12, 400)
const STEPS = 60

interface Run {
  readonly world: MailWorld
  readonly random: Random
  readonly bug: Bug | undefined
  /** The mails that the server has taken, by what they are about. */
  readonly taken: Map<string, OutgoingMail[]>
  events: number
}

/** Returns what became wrong in one run. */
async function run(seed: number, bug?: Bug): Promise<string[]> {
  const random = createRandom(seed)
  const taken: Run['taken'] = new Map()
  let written = 0
  const world = await createMailWorld({
    write: (write) => async (begun) => {
      const letter = await write(begun)
      written += 1
      return bug === 'another Message-ID' ? { ...letter, id: `${letter.id}-${written}` } : letter
    },
  })
  const of: Run = { world, random, bug, taken, events: 0 }
  world.reply((mail) => replyTo(of, mail))
  for (let step = 0; step < STEPS; step += 1) await act(of)
  world.reply((mail) => take(of, mail))
  for (let hour = 0; hour < 50; hour += 1) {
    await world.clock.advance(HOUR_MS / 2)
    await settle()
  }
  return problemsOf(of)
}

async function act(of: Run): Promise<void> {
  const { world, random } = of
  const what = random.weighted({ happen: 5, time: 4, crash: 1, again: 1 })
  if (what === 'happen') await happen(of)
  if (what === 'time') await world.clock.advance(random.int(1, 3 * HOUR_MS))
  if (what === 'crash') await world.crash(random.int(0, random.chance(0.1) ? DAY_MS : 10 * MINUTE_MS))
  if (what === 'again') await world.operations.sendAgain('all')
  await settle()
}

/** Lets something happen that a mail is about; now and then the same once more. */
async function happen(of: Run): Promise<void> {
  const { world, random, bug } = of
  if (of.events === 0 || random.chance(0.8)) of.events += 1
  const event = `e${of.events}`
  const template = of.events % 3 === 0 ? 'reset_password' : 'new_device'
  const id = `${template}.${event}`
  const token = mailToken(testDataKey, id)
  await world.act((tx) => {
    const payments = tx.table(UNMATCHED_PAYMENTS)
    if (!payments.get(id))
      payments.put({ paymentIntentId: id, amountCents: 1, currency: 'usd', why: 'an event', at: tx.now })
    if (bug === 'lost on a crash') return
    const again = bug === 'queued twice' ? `${event}-${tx.now}` : event
    const values = bug === 'a token in a record' ? { device: token } : {}
    queueMail(tx, { userId: CONFIRMED.id, template, event: again, values })
  })
  if (bug !== 'lost on a crash') return
  if (random.chance(0.2)) await world.crash()
  else await world.act((tx) => queueMail(tx, { userId: CONFIRMED.id, template, event, values: {} }))
}

function replyTo(of: Run, mail: OutgoingMail): MailOutcome | Promise<MailOutcome> {
  switch (of.random.weighted({ take: 6, down: 1, later: 1, lostTaken: 1, lostNot: 1, slow: 2 })) {
    case 'take':
      return take(of, mail)
    case 'down':
      return { kind: 'deferred', words: 'connect ECONNREFUSED', isOurs: true }
    case 'later':
      return { kind: 'deferred', words: '450 later', isOurs: false }
    case 'lostTaken':
      take(of, mail)
      return { kind: 'unknown', words: 'cut' }
    case 'lostNot':
      return { kind: 'unknown', words: 'cut' }
    default: {
      // A reply that comes later, into whatever has happened by then.
      const outcome = take(of, mail)
      const { clock } = of.world
      return new Promise((resolve) => {
        clock.at(clock.now() + of.random.int(1, MINUTE_MS), () => resolve(outcome))
      })
    }
  }
}

function take({ taken }: Run, mail: OutgoingMail): MailOutcome {
  const [event = ''] = mail.id.split('-')
  taken.set(event, [...(taken.get(event) ?? []), mail])
  return { kind: 'sent' }
}

async function problemsOf({ world, taken }: Run): Promise<string[]> {
  const mails = await world.mails()
  const events = await world.store.read((view) =>
    [...view.table(UNMATCHED_PAYMENTS).all()].map(({ paymentIntentId }) => paymentIntentId),
  )
  const problems: string[] = []
  for (const event of events) {
    const records = mails.filter(({ id }) => id.split('-')[0] === event)
    const copies = taken.get(event) ?? []
    const [record] = records
    if (records.length !== 1 || !record) problems.push(`${event} has ${records.length} mails`)
    if (record?.status === 'queued') problems.push(`${event} still waits`)
    if (record?.status === 'sent' && copies.length === 0) problems.push(`${event} was lost`)
    if (copies.length > 2) problems.push(`${event} came ${copies.length} times`)
    if (new Set(copies.map(({ id }) => id)).size > 1) problems.push(`${event} has two Message-IDs`)
    const [, signature = ''] = mailToken(testDataKey, event).split('.')
    if (world.disk.names().some((name) => world.disk.text(name).includes(signature)))
      problems.push(`the token of ${event} is on disk`)
  }
  return problems
}

describe('mails in random order', () => {
  it(`keeps every promise in ${RUNS} runs`, async () => {
    for (let n = 0; n < RUNS; n += 1) {
      const seed = TEST_SEED + n
      expect(await run(seed), `seed ${seed}`).toEqual([])
    }
  })

  it.each<[Bug, RegExp]>([
    ['queued twice', /has \d+ mails/],
    ['lost on a crash', /has 0 mails/],
    ['another Message-ID', /two Message-IDs/],
    ['a token in a record', /on disk/],
  ])('notices the planted bug: %s', async (bug, problem) => {
    const found: string[] = []
    for (let n = 0; n < 8 && !found.some((each) => problem.test(each)); n += 1)
      found.push(...(await run(TEST_SEED + n, bug)))
    expect(found.join('\n')).toMatch(problem)
  })
})
