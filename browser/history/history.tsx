/** Starts the history page: every session and payment with its receipt, and all of it as a file. */
import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import type { SessionList } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import { type Loading, load, waiting } from '../lib/loading.ts'
import { http } from '../lib/page.ts'
import { createPaymentsServer } from '../payments/server.ts'
import { Icon } from '../ui/icon.tsx'
import { type SignedInParts, signIn, soon } from '../ui/signed-in.tsx'
import type { Past } from './activity.ts'
import { loadPast, PastEverything } from './everything.tsx'
import { PastSessions } from './sessions.tsx'

export async function startHistory(parts: SignedInParts): Promise<void> {
  const signedIn = await signIn(parts)
  if (!signedIn) return
  const { List, ready, file } =
    signedIn.me.user.role === 'client' ? historyOfClient(parts.api) : historyOfReader(parts.api)
  await soon(ready)
  signedIn.draw(
    <>
      <div class="page-head">
        <h1>History</h1>
        <a class="button" href={file} download>
          <Icon name="download" />
          Download everything (CSV)
        </a>
      </div>
      <List />
    </>,
  )
}

interface History {
  List: ComponentType
  ready: Promise<unknown>
  /** The address of everything as CSV. */
  file: string
}

function historyOfClient(api: Api): History {
  const past = signal<Loading<Past>>(waiting)
  const server = createPaymentsServer(http)
  return {
    List: () => <PastEverything api={api} server={server} past={past} />,
    ready: loadPast(past, api, server),
    file: '/history.csv',
  }
}

function historyOfReader(api: Api): History {
  const listPage = signal<Loading<SessionList>>(waiting)
  const empty = (
    <>
      No sessions yet. <a href="/dashboard">Go available</a>: your readings and earnings will appear here.
    </>
  )
  return {
    List: () => <PastSessions api={api} viewer="reader" listPage={listPage} empty={empty} />,
    ready: load(listPage, api.sessions),
    file: '/sessions.csv',
  }
}
