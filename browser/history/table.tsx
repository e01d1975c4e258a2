/** Draws everything that moved a client's money, newest first, each line with its receipt. */
import { PastCell } from '../ui/past-cell.tsx'
import type { PastLine } from './activity.ts'
import { tellLine } from './messages.ts'

export function PastTable({ lines }: { lines: readonly PastLine[] }) {
  return (
    <table class="sessions">
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Length</th>
          <th scope="col">Amount</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(tellLine).map(({ key, length, amount, came, ...about }) => (
          <tr key={key}>
            <PastCell {...about} came={came} />
            <td class="number">{length}</td>
            <td class={came ? 'number came' : 'number'}>{amount}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
