import { render } from 'preact'
import type { SettingsView } from '../shared/protocol.ts'
import type { Answer, Api, MeAnswer } from './api.ts'
import { remember } from './known.ts'
import { Alert } from './parts/alert.tsx'
import { Header } from './parts/header.tsx'
import { sayFailure } from './words.ts'

export interface SignedInParts {
  api: Api
  root: HTMLElement
  headerRoot: HTMLElement
  /** Leaves for another page of the site. */
  go: (path: string) => void
}

export interface SignedIn {
  me: MeAnswer
  settings: SettingsView
}

/**
 * Asks who is there and draws the header. Undefined when the page cannot be begun: it then says why, or has left for
 * the home page because nobody is logged in.
 */
export async function signIn({ api, root, headerRoot, go }: SignedInParts): Promise<SignedIn | undefined> {
  render(<p class="loading">Loading…</p>, root)
  const [me, settings] = await Promise.all([api.me(), api.settings()])
  if (!me.ok && me.failure.code === 'not_logged_in') {
    leave(go)
    return undefined
  }
  if (!me.ok || !settings.ok) {
    render(<Trouble failed={me.ok ? settings : me} />, root)
    return undefined
  }
  const logOut = async () => {
    await api.logout()
    leave(go)
  }
  render(<Header user={me.value.user} logOut={() => void logOut()} />, headerRoot)
  return { me: me.value, settings: settings.value }
}

const PATIENCE_MS = 2_000

/** Waits for what a page shows first, so that nothing jumps as it comes; what is late comes later by itself. */
export async function soon(ready: Promise<unknown>): Promise<void> {
  await Promise.race([ready, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
}

/** To the home page, as somebody who is logged in no more. */
export function leave(go: (path: string) => void): void {
  remember('logged-out')
  go('/')
}

/** A page that could not be begun, with the way to try again. */
export function Trouble({ failed }: { failed: Answer<unknown> }) {
  return (
    <Alert>
      <p>{failed.ok ? '' : sayFailure(failed.failure)}</p>
      <button type="button" class="button quiet" onClick={() => location.reload()}>
        Try again
      </button>
    </Alert>
  )
}
