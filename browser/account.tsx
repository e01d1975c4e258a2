import { createAccountBoard } from './account-board.ts'
import { DeleteCard, ExportCard } from './account-leave.tsx'
import { LoginsCard } from './account-logins.tsx'
import { NameCard, PasswordCard } from './account-person.tsx'
import { createLimitsBoard } from './limits-board.ts'
import { LimitsCard } from './limits-card.tsx'
import { PaymentsPanel } from './payments-panel.tsx'
import { type SignedInParts, signIn, soon } from './signed-in.tsx'

/** Everything about the account itself: who, how to get in, and what is kept. */
export async function startAccount(parts: SignedInParts): Promise<void> {
  const signedIn = await signIn(parts)
  if (!signedIn) return
  const { settings, me, socket } = signedIn
  const board = createAccountBoard({ api: parts.api, me: me.user, go: parts.go })
  const limits = me.user.role === 'client' ? createLimitsBoard({ api: parts.api, me: me.user }) : undefined
  await soon(Promise.all([board.ready, limits?.refresh()]))
  signedIn.draw(
    <>
      <h1>Account</h1>
      <div class="settings">
        <NameCard board={board} />
        <PasswordCard board={board} />
        <LoginsCard board={board} />
        {limits && (
          <>
            <LimitsCard board={limits} />
            <PaymentsPanel userId={me.user.id} socket={socket} />
          </>
        )}
        <ExportCard />
        <DeleteCard board={board} supportEmail={settings.supportEmail} />
      </div>
    </>,
  )
}
