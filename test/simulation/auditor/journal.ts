/** Reads the journal's lines without the store, and adds up what they say of money. */
import type { MemoryDisk } from '../../support/store/memory-disk.ts'
import { check, same } from './findings.ts'
import type { Snapshot } from './snapshot.ts'

interface Line {
  readonly seq?: number
  readonly money?: readonly (readonly [key: string, ...legs: (readonly [string, number, number?])[]])[]
}

export interface JournalReader {
  /** Reads what has come since, and compares the sums with what the server says. */
  read(disk: MemoryDisk, snapshot: Snapshot): void
}

export function createJournalReader(): JournalReader {
  const seen = new Map<string, string>()
  const keys = new Set<string>()
  const accounts = new Map<string, number>()
  let lastSeq = 0

  const take = (line: Line): void => {
    if (line.seq === undefined) return
    same('L7', 'the number of a record', line.seq, lastSeq + 1)
    lastSeq = line.seq
    for (const [key, ...legs] of line.money ?? []) {
      check('L4', !keys.has(key), () => `${key} is booked twice`)
      keys.add(key)
      same(
        'L1',
        `the sum of ${key}`,
        legs.reduce((sum, [, cents]) => sum + cents, 0),
        0,
      )
      for (const [account, cents] of legs) {
        check('L2', Number.isSafeInteger(cents), () => `${key} moves ${cents}`)
        accounts.set(account, (accounts.get(account) ?? 0) + cents)
      }
    }
  }

  return {
    read(disk, { clients, readers }) {
      const names = disk.names().filter((name) => /^journal-\d+\.jsonl$/.test(name))
      for (const name of names.sort()) {
        const before = seen.get(name) ?? ''
        const [text = ''] = disk.text(name).split('\0', 1)
        check('L7', text.startsWith(before), () => `${name} has changed`)
        seen.set(name, text)
        for (const line of text.slice(before.length).split('\n'))
          if (line !== '') take(JSON.parse(line) as Line)
      }
      const sumOf = (account: string): number => accounts.get(account) ?? 0
      for (const { id, balanceCents, debtCents = 0 } of clients) {
        same('L8', `wallet:${id}`, balanceCents, sumOf(`wallet:${id}`))
        same('L8', `debt:${id}`, debtCents, 0 - sumOf(`debt:${id}`))
      }
      for (const { reader, earnedCents } of readers) {
        same('L8', `earnings:${reader.id}`, earnedCents, sumOf(`earnings:${reader.id}`))
      }
      same(
        'L1',
        'the sum of all accounts',
        [...accounts.values()].reduce((sum, cents) => sum + cents, 0),
        0,
      )
    },
  }
}
