/** A reader who comes, has a session and a note, and leaves: what is personal of her must go. */
import type { Reader } from '../../../domain/reader.ts'
import { accept, end, request, start } from '../../../domain/session.ts'
import { erased, erasedEmail } from '../../../domain/user.ts'
import type { Tx } from '../../../engine/ports.ts'
import { cents, NO_CENTS } from '../../../shared/money.ts'
import type { MemoryDisk } from './memory-disk.ts'
import { ana } from './store-parts.ts'
import { NOTES } from './toy-table.ts'

export const guest: Reader = {
  id: 'guest',
  role: 'reader',
  name: 'Gwendolyn Quill',
  email: 'gwen.quill@example.org',
  passwordHash: 'hash-of-gwen',
  createdAt: 2,
  logins: [{ hash: 'login-of-gwen', createdAt: 2, expiresAt: 9, device: 'Netscape on BeOS' }],
  rateCents: cents(100),
  available: true,
  speciality: 'Tasseography',
  bio: 'Reads leaves since 1987 ☕',
}

const NOTE = 'Prefers mornings'

/** Every text by which she could be known. */
export const TEXTS_OF_GUEST = [
  guest.name,
  guest.email,
  guest.passwordHash,
  'login-of-gwen',
  'Netscape',
  'Tasseography',
  'Reads leaves',
  NOTE,
]

export function register(tx: Tx): void {
  tx.putUser(guest)
}

/** A session with Ana that was over at once, and a note about her. */
export function meet(tx: Tx): void {
  const agreed = {
    id: 'tea',
    clientId: ana.id,
    clientName: ana.name,
    readerId: guest.id,
    readerName: guest.name,
    kind: 'chat' as const,
    rateCents: guest.rateCents,
    requestedAt: tx.now,
  }
  const live = start(accept(request(agreed), tx.now), tx.now, false)
  tx.putSession(live)
  tx.putSession(end(live, 'client_ended', tx.now))
  tx.table(NOTES).put({ id: 'about', authorId: guest.id, topic: 'tea', text: NOTE, tags: [] })
}

export function leave(tx: Tx): void {
  tx.putUser(erased(tx.user(guest.id) ?? guest, erasedEmail(guest.id), tx.now, NO_CENTS))
  tx.forgetPerson(guest.id)
}

/** Returns what of her is still in the folder: texts, by their file, and keys. */
export function leftOfGuest(disk: MemoryDisk): string[] {
  return disk.names().flatMap((name) => {
    const bytes = disk.bytes(name)
    const texts = TEXTS_OF_GUEST.filter((text) => bytes.includes(text))
    const keys = name.startsWith('keys') && bytes.includes('"personId":"guest"') ? ['her key'] : []
    return [...texts, ...keys].map((what) => `${what} in ${name}`)
  })
}
