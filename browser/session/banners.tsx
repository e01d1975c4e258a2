import { sayNothingComes, sayNothingSent, sayProblem } from '../call/messages.ts'
import type { MediaProblem } from '../call/types.ts'
import { browserHere } from '../devices/messages.ts'
import { formatSpan } from '../lib/format.ts'
import { sayFailure, sayPause } from '../lib/messages.ts'
import { Alert } from '../ui/alert.tsx'
import { Icon } from '../ui/icon.tsx'
import { LowFundsBanner } from './low-funds.tsx'
import { useMutedSpeech } from './muted-speech.ts'
import type { SessionBoard } from './store.ts'

/** What needs a word between the meter and the call, each with its way on. */
export function Banners({ board }: { board: SessionBoard }) {
  const { call } = board
  const pause = pauseWords(board)
  const problem = call.problem.value
  return (
    <div class="banners">
      {pause && (
        <p class="banner paused">
          <Icon name="pause" />
          <span>{pause}</span>
        </p>
      )}
      {problem && (
        <p class="banner">
          <Icon name="alert" />
          <span>{problemWords(board, problem)}</span>
          <button type="button" class="button" onClick={() => void call.retryDevices()}>
            <Icon name="retry" />
            Try again
          </button>
        </p>
      )}
      {call.hearing.value === 'nothing' && (
        <p class="banner">
          <Icon name="alert" />
          <span>{sayNothingComes(board.session.value.readerName)}</span>
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
      <MutedHint board={board} />
      <LowFundsBanner board={board} />
      {board.failure.value && (
        <Alert>
          <p>{sayFailure(board.failure.value)}</p>
        </Alert>
      )}
    </div>
  )
}

/** Somebody speaks into a microphone that is muted. */
function MutedHint({ board }: { board: SessionBoard }) {
  const { muted, localStream, toggleMute } = board.call
  const speaking = useMutedSpeech(muted.value, localStream.value)
  return (
    <div role="status">
      {speaking && (
        <p class="banner">
          <Icon name="mic-off" />
          <span>You are muted: nobody hears you.</span>
          <button type="button" class="button" onClick={toggleMute}>
            <Icon name="mic" />
            Unmute
          </button>
        </p>
      )}
    </div>
  )
}

function problemWords(board: SessionBoard, problem: MediaProblem): string {
  const { microphone, camera } = board.call.local.value ?? {}
  const sendsNothing = microphone === 'none' && camera === 'none'
  if (!board.iAmReader || !sendsNothing) return sayProblem(problem, browserHere())
  return sayNothingSent(problem, browserHere(), board.session.value.clientName)
}

/** Why nothing is being charged, while nothing is. */
function pauseWords(board: SessionBoard): string | undefined {
  const session = board.session.value
  const call = board.call.state.value
  if (call && !call.online) return 'Paused, not charging: you are offline. Trying again by itself.'
  if (session.status !== 'paused') return undefined
  const cause = session.pauses.at(-1)?.cause ?? 'server_stopped'
  const wait = `Waiting up to ${formatSpan(board.settings.reconnectGraceMs / 1000)}.`
  return `Paused, not charging: ${sayPause(cause, session, board.iAmReader)} ${wait}`
}
