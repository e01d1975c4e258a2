/** Starts the home page. */
import { type Signal, signal } from '@preact/signals'
import { render } from 'preact'
import type { Api } from '../lib/api.ts'
import { remember, rememberedLogin } from '../lib/remembered-login.ts'
import { ThemeSwitch } from '../ui/theme-switch.tsx'
import { type EntryDraft, type EntryMode, emptyDraft } from './check.ts'
import { EntryForm } from './entry.tsx'
import { ForgotForm } from './forgot.tsx'
import { wantedPage } from './wanted-page.ts'
import { Welcome } from './welcome.tsx'

export interface HomeParts {
  api: Api
  root: HTMLElement
  headerRoot: HTMLElement
  countRoot: HTMLElement
  /** True where the server found the visitor logged in as it sent the page. */
  isLoggedIn: boolean
  /** Leaves for another page of the site. */
  go: (path: string) => void
}

/**
 * Puts the two forms into the home page; a person who is already logged in is greeted instead,
 * unless the address asks for the forgotten password.
 */
export function startHome({ api, root, headerRoot, countRoot, isLoggedIn, go }: HomeParts): void {
  const wanted = wantedPage(location)
  const isKnown = signal(isLoggedIn)
  const mode = signal<EntryMode>(rememberedLogin() === 'never' && !wanted ? 'create' : 'log-in')
  const draft = signal<EntryDraft>(emptyDraft)
  const hasForgotten = signal(false)
  const enter = (path: string) => {
    remember('logged-in')
    go(wanted ?? path)
  }
  const toForms = () => {
    remember('logged-out')
    mode.value = 'log-in'
    isKnown.value = false
  }
  const Entry = () => {
    if (isKnown.value && !hasForgotten.value) return <Welcome api={api} next={wanted} onLoggedOut={toForms} />
    return (
      <>
        {wanted && <p class="notice">Log in to continue to that page.</p>}
        {hasForgotten.value ? (
          <ForgotForm api={api} draft={draft} />
        ) : (
          <EntryForm api={api} mode={mode} draft={draft} onEntered={enter} />
        )}
      </>
    )
  }
  followAddress({ mode, hasForgotten, root })
  loadAgainFor(isKnown)
  render(<Entry />, root)
  if (wanted || location.hash !== '') bringIntoView(root)
  render(<Tools isKnown={isKnown} />, headerRoot)
  keepCounting(api, countRoot)
}

/** Draws the theme switch and, on phones, a link to the log-in, which lies below what greets. */
function Tools({ isKnown }: { isKnown: Signal<boolean> }) {
  return (
    <>
      {!isKnown.value && (
        <a class="button to-log-in" href="#log-in">
          Log in<span class="unseen"> to your account</span>
        </a>
      )}
      <ThemeSwitch />
    </>
  )
}

/** Loads the page again where Back shows it as it was before a log-in or a log-out. */
function loadAgainFor(isKnown: Signal<boolean>): void {
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted && isKnown.value !== (rememberedLogin() === 'logged-in')) location.reload()
  })
}

interface Shown {
  mode: Signal<EntryMode>
  hasForgotten: Signal<boolean>
  root: HTMLElement
}

/** Shows the form that the address names, so that Back and links from mails find it. */
function followAddress({ mode, hasForgotten, root }: Shown): void {
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
    bringIntoView(root)
    if (hasForgotten.value) return
    // The link that was followed may be gone: without this the keyboard would start at the page's top.
    const next = hadForgotten ? `#tab-${mode.value}` : '#entry input[name="email"]'
    setTimeout(() => document.querySelector<HTMLElement>(next)?.focus())
  })
}

/** Scrolls to a form of which a part lies below the window. */
function bringIntoView(form: HTMLElement): void {
  if (form.getBoundingClientRect().bottom > innerHeight) form.scrollIntoView()
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
