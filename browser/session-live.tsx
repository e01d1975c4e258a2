import { useEffect, useRef } from 'preact/hooks'
import { connectionOf } from './connection.ts'
import { formatRate, formatSpan } from './format.ts'
import { LowFundsBanner } from './low-funds.tsx'
import { Alert } from './parts/alert.tsx'
import { Icon } from './parts/icon.tsx'
import { say } from './parts/speech.ts'
import type { SessionBoard } from './session-board.ts'
import { SessionChat } from './session-chat.tsx'
import { SessionMeter } from './session-meter.tsx'
import { SessionStage } from './session-stage.tsx'
import { keepAwake } from './wake-lock.ts'
import { sayFailure, sayPause } from './words.ts'
import { sayProblem } from './words-media.ts'

/** The session while it is open: the meter on top, the two people under it, the chat beside them. */
export function SessionLive({ board }: { board: SessionBoard }) {
  const { kind } = board.session.value
  useSpokenChanges(board)
  useEffect(keepAwake, [])
  return (
    <div class={`live of-${kind}`}>
      <h1 class="unseen">
        Session with {board.iAmReader ? board.session.value.clientName : board.session.value.readerName}
      </h1>
      <SessionMeter board={board} />
      <Banners board={board} />
      {kind !== 'chat' && <SessionStage board={board} />}
      <SessionChat board={board} />
    </div>
  )
}

function Banners({ board }: { board: SessionBoard }) {
  const pause = pauseWords(board)
  return (
    <div class="banners">
      {pause && (
        <p class="banner paused">
          <Icon name="pause" />
          <span>{pause}</span>
        </p>
      )}
      {board.problem.value && (
        <p class="banner">
          <Icon name="alert" />
          <span>{sayProblem(board.problem.value)}</span>
        </p>
      )}
      <LowFundsBanner board={board} />
      {board.failure.value && (
        <Alert>
          <p>{sayFailure(board.failure.value)}</p>
        </Alert>
      )}
    </div>
  )
}

/** Why nothing is being charged, while nothing is. */
function pauseWords(board: SessionBoard): string | undefined {
  const session = board.session.value
  const call = board.callState.value
  if (call && !call.online) return 'Paused, not charging: you are offline. Trying again by itself.'
  if (session.status !== 'paused') return undefined
  const cause = session.pauses.at(-1)?.cause ?? 'server_stopped'
  const wait = `Waiting up to ${formatSpan(board.settings.reconnectGraceMs / 1000)}.`
  return `Paused, not charging: ${sayPause(cause, session, board.iAmReader)} ${wait}`
}

/** Tells those who cannot see when the meter starts and stops; the running numbers stay silent. */
function useSpokenChanges(board: SessionBoard): void {
  const { state } = connectionOf(board.session.value, board.callState.value, board.told.value)
  const before = useRef(state)
  useEffect(() => {
    if (before.current === state) return
    before.current = state
    if (state === 'connected') say(`Connected. Charging ${formatRate(board.terms.rateCents)}.`)
    if (state === 'lost') say('Paused. Not charging.')
  }, [state])
}
