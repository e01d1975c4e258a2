import { type ReceiptLine, type ReceiptParts, receiptLines, receiptNotes, receiptText } from './receipt.ts'

/** A session's receipt on the page, and on paper. */
export function Receipt({ parts }: { parts: ReceiptParts }) {
  return <ReceiptSheet lines={receiptLines(parts)} notes={receiptNotes(parts)} />
}

interface SheetProps {
  lines: readonly ReceiptLine[]
  notes: readonly string[]
}

/** Any receipt: its lines, and what holds for it in sentences. */
export function ReceiptSheet({ lines, notes }: SheetProps) {
  return (
    <section class="receipt" aria-labelledby="receipt-title">
      <h2 id="receipt-title">Receipt</h2>
      <dl>
        {lines.map(([name, value]) => (
          <div key={`${name} ${value}`}>
            <dt>{name}</dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {notes.map((note) => (
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
  saveAs(`soulseer-${parts.session.id}.txt`, receiptText(parts))
}

/** Text as a file of that name, put where this browser puts what it downloads. */
export function saveAs(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}
