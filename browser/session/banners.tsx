/** Draws the notices between the meter and the call, each with its remedy. */
import { useEffect } from 'preact/hooks'
import { formatCents } from '../../shared/money.ts'
import { sayNothingComes, sayNothingSent, sayProblem } from '../call/messages.ts'
import type { MediaProblem } from '../call/types.ts'
import { browserHere } from '../devices/messages.ts'
import { formatSpan } from '../lib/format.ts'
import type { Failure } from '../lib/http.ts'
import { sayFailure, sayPause } from '../lib/messages.ts'
import { sayMinutes } from '../payments/top-up-messages.ts'
import { Alert, Said } from '../ui/alert.tsx'
import { Icon } from '../ui/icon.tsx'
import { LowFundsBanner } from './low-funds.tsx'
import { useMutedSpeech } from './muted-speech.ts'
import type { SessionStore } from './store.ts'

export function Banners({ store }: { store: SessionStore }) {
  const { call } = store
  const pause = pauseWords(store)
  const problem = call.problem.value
  return (
    <div class="banners">
      {/* First, so that no pause moves "Add funds" from under a finger. */}
      <AddedBanner store={store} />
      <LowFundsBanner store={store} />
      {pause && (
        <p class="banner paused">
          <Icon name="pause" />
          <span>{pause}</span>
        </p>
      )}
      {problem && (
        <p class="banner">
          <Icon name="alert" />
          <span>{problemWords(store, problem)}</span>
          <button type="button" class="button" onClick={() => void call.retryDevices()}>
            <Icon name="retry" />
            Try again
          </button>
        </p>
      )}
      {!pause && call.hearing.value === 'nothing' && (
        <p class="banner">
          <Icon name="alert" />
          <span>{sayNothingComes(store.session.value.readerName)}</span>
        </p>
      )}
      {call.local.value?.camera === 'saving' && (
        <p class="banner">
          <Icon name="camera-off" />
          <span>Your camera was turned off to keep the sound clear: your connection is weak.</span>
          <button type="button" class="button" onClick={call.turnCameraOn}>
            <Icon name="camera" />
            Turn camera on
          </button>
        </p>
      )}
      <MutedHint store={store} />
      {store.failure.value && (
        <Alert>
          <p>
            <Said words={sayNotEnded(store.failure.value)} />
          </p>
        </Alert>
      )}
    </div>
  )
}

/** Returns why the session could not be ended. Unlike elsewhere, money may be under way meanwhile. */
function sayNotEnded(failure: Failure): string {
  if (failure.code === 'offline') {
    return 'The session is still open: you are offline, or we cannot be reached. Only time together is charged. Check your connection, then press End session again.'
  }
  return isOver(failure) ? sayFailure(failure) : `The session is still open. ${sayFailure(failure)}`
}

/** Says whether the session could not be ended because it is no longer there to be ended. */
function isOver({ code }: Failure): boolean {
  return code === 'wrong_state' || code === 'not_found' || code === 'forbidden'
}

const ADDED_SHOWN_MS = 30_000

/** Says that the money has arrived, for long enough to be read, and where its receipt is. */
function AddedBanner({ store }: { store: SessionStore }) {
  const added = store.added.value
  useEffect(() => {
    if (!added) return
    const timer = setTimeout(() => {
      store.added.value = undefined
    }, ADDED_SHOWN_MS)
    return () => clearTimeout(timer)
  }, [added])
  const { rateCents, readerName } = store.session.value
  return (
    <div role="status">
      {added && (
        <p class="banner added">
          <Icon name="delivered" />
          <span>
            <b>{formatCents(added.amountCents)} added</b>,{' '}
            {sayMinutes(added.amountCents, rateCents, readerName)}.{' '}
            <a href={added.receipt} target="_blank" rel="noopener">
              Receipt
            </a>
          </span>
        </p>
      )}
    </div>
  )
}

/** Warns a person who speaks into a muted microphone. */
function MutedHint({ store }: { store: SessionStore }) {
  const { muted, localStream, toggleMute } = store.call
  const speaking = useMutedSpeech(muted.value, localStream.value)
  return (
    <div role="status">
      {speaking && (
        <p class="banner">
          <Icon name="mic-off" />
          <span>You are muted: no one can hear you.</span>
          <button type="button" class="button" onClick={toggleMute}>
            <Icon name="mic" />
            Unmute
          </button>
        </p>
      )}
    </div>
  )
}

function problemWords(store: SessionStore, problem: MediaProblem): string {
  if (!store.iAmReader || !sendsNothing(store)) return sayProblem(problem, browserHere())
  return sayNothingSent(problem, browserHere(), store.session.value.clientName)
}

/** Returns why nothing is being charged, while nothing is. */
function pauseWords(store: SessionStore): string | undefined {
  const session = store.session.value
  if (store.call.state.value?.online === false)
    return 'Paused, not charging. You are offline. Reconnecting automatically.'
  if (session.status !== 'paused') return undefined
  const wait = `Waiting up to ${formatSpan(store.settings.reconnectGraceMs / 1000)}.`
  return `Paused, not charging. ${pauseReason(store)} ${wait}`
}

function pauseReason(store: SessionStore): string {
  const { session, call, iAmReader } = store
  const cause = session.value.pauses.at(-1)?.cause ?? 'server_stopped'
  if (cause === 'connection' && call.hearing.value === 'nothing') {
    return `No sound or picture is arriving from ${session.value.readerName}.`
  }
  if (cause === 'connection' && iAmReader && sendsNothing(store)) {
    return `${session.value.clientName} cannot hear or see you.`
  }
  return sayPause(cause, session.value, iAmReader)
}

/** Says whether this page has neither sound nor picture to send. */
function sendsNothing({ call }: SessionStore): boolean {
  const { microphone, camera } = call.local.value ?? {}
  return microphone === 'none' && camera === 'none'
}
