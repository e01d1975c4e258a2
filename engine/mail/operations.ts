/** Shows the operator what became of mails, and has those sent again that failed. */
import { Refusal } from '../../domain/errors.ts'
import type { Mail, MailStatus } from '../../domain/mail.ts'
import { MAILS } from '../../domain/tables.ts'
import type { Act, TellingTx } from '../commit.ts'
import type { Store, View } from '../ports.ts'
import { finished } from './progress.ts'

/** Counts the mails in each state, and times the oldest of those queued. */
export interface MailCounts {
  readonly queued: number
  readonly failed: number
  readonly unsure: number
  readonly oldestQueuedMs: number
}

export interface MailOperations {
  counts(): Promise<MailCounts>
  /** Returns the mails that wait or that the operator has to look at, oldest first, with the addresses. */
  list(): Promise<readonly (Mail & { readonly address: string })[]>
  /**
   * Queues a failed or an unsure mail once more, or all that have failed. Returns how many. Throws
   * `not_found`, and `wrong_state` where its link has expired: the user has to ask for another.
   */
  sendAgain(id: string): Promise<number>
  /** Records that an unsure mail did arrive. Throws `not_found`, `wrong_state`. */
  noteArrived(id: string): Promise<void>
}

const ALL_FAILED = 'all'

export function createMailOperations({ act, store }: { act: Act; store: Store }): MailOperations {
  return {
    counts: () =>
      store.read((view) => {
        const queued = withStatus(view, 'queued')
        const oldestAt = Math.min(view.now, ...queued.map(({ createdAt }) => createdAt))
        return {
          queued: queued.length,
          failed: withStatus(view, 'failed').length,
          unsure: withStatus(view, 'unsure').length,
          oldestQueuedMs: view.now - oldestAt,
        }
      }),

    list: () =>
      store.read((view) =>
        (['queued', 'failed', 'unsure'] as const)
          .flatMap((status) => withStatus(view, status))
          .sort((one, other) => one.createdAt - other.createdAt)
          .map((mail) => ({ ...mail, address: mail.to ?? view.user(mail.userId)?.email ?? '' })),
      ),

    sendAgain: (id) =>
      act((tx) => {
        if (id !== ALL_FAILED) {
          mustBeUsable(mailIn(tx, id, ['failed', 'unsure']), tx.now)
          requeue(tx, mailIn(tx, id, ['failed', 'unsure']))
          return 1
        }
        const usable = withStatus(tx, 'failed').filter((mail) => !isTooLate(mail, tx.now))
        for (const mail of usable) requeue(tx, mail)
        return usable.length
      }, 'operator'),

    noteArrived: (id) =>
      act((tx) => {
        tx.table(MAILS).put(finished(mailIn(tx, id, ['unsure']), 'sent', undefined, tx.now))
      }, 'operator'),
  }
}

const withStatus = (view: View, status: MailStatus): Mail[] => [...view.table(MAILS).by('status', status)]

function mailIn(view: View, id: string, allowed: readonly MailStatus[]): Mail {
  const mail = view.table(MAILS).get(id)
  if (!mail)
    throw new Refusal('not_found', `There is no mail ${id}. Mails are removed 30 days after their end.`)
  if (allowed.includes(mail.status)) return mail
  throw new Refusal('wrong_state', `The mail ${id} is ${mail.status}.`)
}

const isTooLate = ({ expiresAt, usedAt }: Mail, now: number): boolean =>
  usedAt !== undefined || (expiresAt !== undefined && now >= expiresAt)

function mustBeUsable(mail: Mail, now: number): void {
  if (!isTooLate(mail, now)) return
  throw new Refusal('wrong_state', 'The link in this mail has expired. The person has to ask for a new one.')
}

function requeue(tx: TellingTx, mail: Mail): void {
  const { finalAt: _, failures: __, lostReplies: ___, words: ____, ...left } = mail
  tx.table(MAILS).put({ ...left, status: 'queued', againAt: tx.now })
  tx.tell({ type: 'mail-queued' })
}
