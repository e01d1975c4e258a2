/** Draws the forms "Log in" and "Create account". */
import { type Signal, useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Api, Entered } from '../lib/api.ts'
import type { Answer, Failure } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { PasskeyLogIn } from '../passkeys/log-in.tsx'
import { Alert, Said } from '../ui/alert.tsx'
import { focusWrongField } from '../ui/field.tsx'
import { checkEntry, type EntryDraft, type EntryMode, registration } from './check.ts'
import { EntryInputs } from './inputs.tsx'
import { SLOW, sayWait, sendInTurn } from './one-moment.ts'

interface EntryProps {
  api: Api
  mode: Signal<EntryMode>
  draft: Signal<EntryDraft>
  onEntered: (redirect: string) => void
}

const TITLES: Record<EntryMode, string> = { 'log-in': 'Log in', create: 'Create account' }

/** Draws one of the two forms, which share what is typed: switching costs no typing. */
export function EntryForm({ api, mode, draft, onEntered }: EntryProps) {
  const failure = useSignal<Failure | undefined>(undefined)
  const sending = useSignal(false)
  const moment = useSignal('')
  const form = useRef<HTMLFormElement>(null)
  /** Counts what was sent, so that a form that is left no longer waits for its turn. */
  const attempt = useRef(0)

  const show = (failed: Failure | undefined) => {
    failure.value = failed
    if (failed) focusWrongField(form)
  }
  const take = (answer: Answer<Entered>) => {
    show(answer.ok ? undefined : answer.failure)
    if (answer.ok) onEntered(answer.value.redirect)
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    if (sending.value) return
    const errors = checkEntry(draft.value, mode.value)
    if (errors.length > 0) return show({ code: 'invalid_input', errors })
    sending.value = true
    attempt.current += 1
    const [sent, mine] = [mode.value, attempt.current]
    const slow = setTimeout(() => (moment.value = SLOW.words), SLOW.afterMs)
    const answer = await sendInTurn(() => send(api, sent, draft.value), {
      onWait: (seconds) => {
        clearTimeout(slow)
        show(undefined)
        moment.value = sayWait(seconds)
      },
      isOver: () => attempt.current !== mine,
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      now: () => performance.now(),
    })
    clearTimeout(slow)
    if (!answer) return
    stopWaiting()
    take(answer)
  }
  const stopWaiting = () => {
    sending.value = false
    moment.value = ''
  }
  const turnTo = (next: EntryMode) => {
    if (mode.value === next) return
    attempt.current += 1
    stopWaiting()
    show(undefined)
    mode.value = next
  }

  return (
    <>
      <Tabs mode={mode} turnTo={turnTo} />
      <div id="entry-panel" role="tabpanel" aria-labelledby={`tab-${mode.value}`}>
        {mode.value === 'log-in' && <PasskeyLogIn api={api} onDone={take} />}
        <form ref={form} noValidate onSubmit={submit}>
          {failure.value && <Failed failure={failure.value} />}
          <EntryInputs draft={draft} mode={mode.value} errors={failure.value?.errors ?? []} />
          <button type="submit" class="button primary wide" aria-disabled={sending.value}>
            {TITLES[mode.value]}
          </button>
          {mode.value === 'log-in' && (
            <p class="forgotten">
              <a href="#forgot">Forgot your password?</a>
            </p>
          )}
        </form>
        <p class="hint one-moment" role="status">
          {moment.value}
        </p>
      </div>
      <Instead mode={mode.value} turnTo={turnTo} />
    </>
  )
}

function send(api: Api, mode: EntryMode, draft: EntryDraft): Promise<Answer<Entered>> {
  return mode === 'create'
    ? api.register(registration(draft))
    : api.login({ email: draft.email, password: draft.password })
}

function Tabs({ mode, turnTo }: { mode: Signal<EntryMode>; turnTo: (next: EntryMode) => void }) {
  const turnByKey = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
    turnTo(mode.value === 'create' ? 'log-in' : 'create')
    setTimeout(() => document.getElementById(`tab-${mode.value}`)?.focus())
  }
  return (
    <div
      id="log-in"
      class="tabs"
      role="tablist"
      aria-label="Log in or create an account"
      onKeyDown={turnByKey}
    >
      {(['create', 'log-in'] as const).map((each) => (
        <button
          key={each}
          id={`tab-${each}`}
          type="button"
          role="tab"
          aria-selected={mode.value === each}
          aria-controls="entry-panel"
          tabIndex={mode.value === each ? 0 : -1}
          onClick={() => turnTo(each)}
        >
          {TITLES[each]}
        </button>
      ))}
    </div>
  )
}

/** Draws the link to the other form at the end of this one. */
function Instead({ mode, turnTo }: { mode: EntryMode; turnTo: (next: EntryMode) => void }) {
  const other = mode === 'create' ? 'log-in' : 'create'
  return (
    <p class="instead">
      {mode === 'create' ? 'Been here before?' : 'New here?'}{' '}
      <button type="button" class="link" onClick={() => turnTo(other)}>
        {TITLES[other]}
      </button>
    </p>
  )
}

function Failed({ failure }: { failure: Failure }) {
  const errors = failure.errors ?? []
  return (
    <Alert>
      <p>
        <Said words={sayFailure(failure)} />
      </p>
      {errors.length > 0 && (
        <ul>
          {errors.map(({ path, message }) => (
            <li key={path}>{message}</li>
          ))}
        </ul>
      )}
    </Alert>
  )
}
