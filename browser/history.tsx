import { signal } from '@preact/signals'
import { render } from 'preact'
import type { SessionsPage } from '../shared/protocol.ts'
import { type Loading, load, waiting } from './loading.ts'
import { Icon } from './parts/icon.tsx'
import { PastSessions } from './past-sessions.tsx'
import { type SignedInParts, signIn, soon } from './signed-in.tsx'

/** Every session of either role, each line leading to its receipt, and the whole of it as a file. */
export async function startHistory(parts: SignedInParts): Promise<void> {
  const signedIn = await signIn(parts)
  if (!signedIn) return
  const { api } = parts
  const { role } = signedIn.me.user
  const page = signal<Loading<SessionsPage>>(waiting)
  const empty =
    role === 'reader'
      ? 'Nothing yet. After your first reading its length and what it earned stand here.'
      : 'Nothing yet. After your first session its length and what it cost stand here.'
  await soon(load(page, api.sessions))
  render(
    <>
      <h1>History</h1>
      <PastSessions api={api} viewer={role} page={page} empty={empty} />
      <p>
        <a class="button" href="/sessions.csv" download>
          <Icon name="download" />
          Download everything (CSV)
        </a>
      </p>
    </>,
    parts.root,
  )
}
