import { type ReceiptParts, receiptLines, receiptNotes, receiptText } from './receipt.ts'

/** A receipt on the page, and on paper. */
export function Receipt({ parts }: { parts: ReceiptParts }) {
  return (
    <section class="receipt" aria-labelledby="receipt-title">
      <h2 id="receipt-title">Receipt</h2>
      <dl>
        {receiptLines(parts).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {receiptNotes(parts).map((note) => (
        <p key={note} class="hint">
          {note}
        </p>
      ))}
      <p class="hint">SoulSeer, https://soulseer.app</p>
    </section>
  )
}

/** The receipt as a file of this browser's. */
export function saveText(parts: ReceiptParts): void {
  const address = URL.createObjectURL(new Blob([receiptText(parts)], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = address
  link.download = `soulseer-${parts.session.id}.txt`
  link.click()
  URL.revokeObjectURL(address)
}
