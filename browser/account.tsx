import { render } from 'preact'
import { createAccountBoard } from './account-board.ts'
import { DeleteCard, ExportCard } from './account-leave.tsx'
import { LoginsCard } from './account-logins.tsx'
import { NameCard, PasswordCard } from './account-person.tsx'
import { createLimitsBoard } from './limits-board.ts'
import { LimitsCard } from './limits-card.tsx'
import { PaymentsPanel } from './payments-panel.tsx'
import { type SignedInParts, signIn, soon } from './signed-in.tsx'
import type { PageSocket } from './socket.ts'

export interface AccountParts extends SignedInParts {
  openSocket: () => PageSocket
}

/** Everything about the account itself: who, how to get in, and what is kept. */
export async function startAccount(parts: AccountParts): Promise<void> {
  const signedIn = await signIn(parts)
  if (!signedIn) return
  const { settings, me } = signedIn
  const board = createAccountBoard({ api: parts.api, me: me.user, go: parts.go })
  const limits = me.user.role === 'client' ? createLimitsBoard({ api: parts.api, me: me.user }) : undefined
  // A reader who only looks in here must not seem to be waiting for a ring.
  const socket = me.user.role === 'client' ? parts.openSocket() : undefined
  await soon(Promise.all([board.ready, limits?.refresh()]))
  render(
    <>
      <h1>Account</h1>
      <div class="settings">
        <NameCard board={board} />
        <PasswordCard board={board} />
        <LoginsCard board={board} />
        {limits && <LimitsCard board={limits} />}
        {socket && <PaymentsPanel userId={me.user.id} socket={socket} />}
        <ExportCard />
        <DeleteCard board={board} supportEmail={settings.supportEmail} />
      </div>
    </>,
    parts.root,
  )
}
