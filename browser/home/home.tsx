/** Starts the home page. */
import { type Signal, signal } from '@preact/signals'
import { render } from 'preact'
import type { UserView } from '../../shared/protocol/views.ts'
import type { Api } from '../lib/api.ts'
import { remember, rememberedLogin } from '../lib/remembered-login.ts'
import { ThemeSwitch } from '../ui/theme-switch.tsx'
import { type EntryDraft, type EntryMode, emptyDraft } from './check.ts'
import { EntryForm } from './entry.tsx'
import { ForgotForm } from './forgot.tsx'
import { wantedPage } from './wanted-page.ts'

export interface HomeParts {
  api: Api
  root: HTMLElement
  headerRoot: HTMLElement
  countRoot: HTMLElement
  /** Leaves for another page of the site. */
  go: (path: string) => void
}

/**
 * Puts the two forms into the home page; a person who is already logged in gets a link to the
 * dashboard.
 */
export function startHome({ api, root, headerRoot, countRoot, go }: HomeParts): void {
  const user = signal<UserView | undefined>(undefined)
  const wanted = wantedPage(location)
  const mode = signal<EntryMode>(rememberedLogin() === 'never' && !wanted ? 'create' : 'log-in')
  const draft = signal<EntryDraft>(emptyDraft)
  const hasForgotten = signal(false)
  const enter = (path: string) => {
    remember('logged-in')
    go(wanted ?? path)
  }
  const Entry = () => (
    <>
      {user.value && <Welcome name={user.value.name} />}
      {!user.value && wanted && <p class="notice">Log in to continue to that page.</p>}
      {hasForgotten.value ? (
        <ForgotForm api={api} draft={draft} />
      ) : (
        <EntryForm api={api} mode={mode} draft={draft} onEntered={enter} />
      )}
    </>
  )
  followAddress({ mode, hasForgotten })
  render(<Entry />, root)
  render(<ThemeSwitch />, headerRoot)
  keepCounting(api, countRoot)
  // Strangers are not asked who they are: the response would only be an error in their console.
  if (rememberedLogin() === 'logged-in')
    void api.me().then((me) => (user.value = me.ok ? me.value.user : undefined))
}

interface Shown {
  mode: Signal<EntryMode>
  hasForgotten: Signal<boolean>
}

/** Shows the form that the address names, so that Back and links from mails find it. */
function followAddress({ mode, hasForgotten }: Shown): void {
  const follow = () => {
    const { hash } = location
    if (!['', '#log-in', '#forgot'].includes(hash)) return
    hasForgotten.value = hash === '#forgot'
    if (hash !== '') mode.value = 'log-in'
  }
  follow()
  addEventListener('hashchange', () => {
    const hadForgotten = hasForgotten.value
    follow()
    // The link that was followed is gone: without this the keyboard would start at the page's top.
    if (hadForgotten && !hasForgotten.value)
      setTimeout(() => document.getElementById(`tab-${mode.value}`)?.focus())
  })
}

function Welcome({ name }: { name: string }) {
  return (
    <p class="notice">
      You are logged in as {name}. <a href="/dashboard">Go to your dashboard</a>
    </p>
  )
}

const COUNT_EVERY_MS = 20_000

/** Keeps the count of available readers current while the page is visible. */
function keepCounting(api: Api, place: HTMLElement): void {
  void showCount(api, place)
  setInterval(() => {
    if (!document.hidden) void showCount(api, place)
  }, COUNT_EVERY_MS)
}

/** Shows how many readers are available right now; nothing where that is unknown or zero. */
async function showCount(api: Api, place: HTMLElement): Promise<void> {
  const answer = await api.readersCount()
  const available = answer.ok ? answer.value.available : 0
  const words = available === 1 ? '1 reader is available now' : `${available} readers are available now`
  render(available === 0 ? null : words, place)
}
