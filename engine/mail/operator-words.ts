/** Carries out `npm run admin -- mail`. */
import { HOUR_MS, MINUTE_MS } from '../../shared/time.ts'
import type { MailCounts, MailOperations } from './operations.ts'

/**
 * Lists the mails that wait or failed; `again ID` and `again all` send failed ones once more, and
 * `arrived ID` records that an unsure one arrived. Returns undefined for other words.
 */
export async function runMailCommand(
  mail: MailOperations,
  what: string | undefined,
  id: string | undefined,
): Promise<string | undefined> {
  if (what === undefined) return listed(mail)
  if (what === 'again' && id !== undefined) {
    const count = await mail.sendAgain(id)
    return count === 1 ? '1 mail is queued again.' : `${count} mails are queued again.`
  }
  if (what === 'arrived' && id !== undefined) {
    await mail.noteArrived(id)
    return 'It counts as sent.'
  }
  return undefined
}

async function listed(mail: MailOperations): Promise<string> {
  const { queued, failed, unsure, oldestQueuedMs } = await mail.counts()
  const oldest = queued === 0 ? '' : `, the oldest for ${sayWait(oldestQueuedMs)}`
  const lines = (await mail.list()).map(({ createdAt, status, id, address, words = '' }) =>
    [new Date(createdAt).toISOString(), status.padEnd(6), id, address, words].join('  ').trimEnd(),
  )
  return [`${queued} queued${oldest}; ${failed} failed; ${unsure} unsure`, ...lines].join('\n')
}

/** Returns what a start says of mails that the operator has to look at; undefined where there are none. */
export function sayMailTrouble({ failed, unsure }: MailCounts): string | undefined {
  if (failed + unsure === 0) return undefined
  const what = [failed > 0 && `${failed} could not be sent`, unsure > 0 && `${unsure} may have arrived`]
  return `Mails of the last 30 days: ${what.filter(Boolean).join('; ')}. See npm run admin -- mail (docs/MAIL.md).`
}

const sayWait = (ms: number): string =>
  ms < HOUR_MS ? `${Math.floor(ms / MINUTE_MS)} min` : `${Math.floor(ms / HOUR_MS)} h`
