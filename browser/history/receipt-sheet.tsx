/** Draws a receipt on the page and on paper, and saves it as a file. */
import { type ReceiptLine, type ReceiptParts, receiptLines, receiptNotes, receiptText } from './receipt.ts'

/** Draws a session's receipt. */
export function Receipt({ parts }: { parts: ReceiptParts }) {
  return <ReceiptSheet lines={receiptLines(parts)} notes={receiptNotes(parts)} />
}

interface SheetProps {
  lines: readonly ReceiptLine[]
  notes: readonly string[]
}

/** Draws any receipt: its lines and its notes. */
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
          <WithMail text={note} />
        </p>
      ))}
      <p class="hint">SoulSeer, https://soulseer.app</p>
    </section>
  )
}

const MAIL = /([^\s@]+@[^\s@]+\.[a-z]+)/i

/** Draws a text whose e-mail address can be pressed. */
function WithMail({ text }: { text: string }) {
  const [before, address, after] = text.split(MAIL)
  if (address === undefined) return text
  return (
    <>
      {before}
      <a href={`mailto:${address}`}>{address}</a>
      {after}
    </>
  )
}

/** Saves a session's receipt as a text file. */
export function saveText(parts: ReceiptParts): void {
  saveAs(`soulseer-${parts.session.id}.txt`, receiptText(parts))
}

/** Saves text as a file of that name, as a download of this browser. */
export function saveAs(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}
