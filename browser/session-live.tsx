import { useEffect, useRef } from 'preact/hooks'
import { connectionOf } from './connection.ts'
import { formatSpan } from './format.ts'
import { warnBeforeLeaving } from './leaving.ts'
import { LowFundsBanner } from './low-funds.tsx'
import { readMeter } from './meter.ts'
import { type Moment, narrate } from './narrator.ts'
import { Alert } from './parts/alert.tsx'
import { Icon } from './parts/icon.tsx'
import { say, sayAtOnce } from './parts/speech.ts'
import type { SessionBoard } from './session-board.ts'
import { SessionChat } from './session-chat.tsx'
import { SessionMeter, useNow } from './session-meter.tsx'
import { SessionStage } from './session-stage.tsx'
import { keepAwake } from './wake-lock.ts'
import { sayFailure, sayPause } from './words.ts'
import { sayProblem } from './words-media.ts'

/** The session while it is open: the meter on top, the two people under it, the chat beside them. */
export function SessionLive({ board }: { board: SessionBoard }) {
  const { kind } = board.session.value
  useNarration(board)
  useEffect(keepAwake, [])
  useEffect(warnBeforeLeaving, [])
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

/** Tells those who cannot see what they must not miss. */
function useNarration(board: SessionBoard): void {
  const now = momentOf(board, useNow(board.now))
  const before = useRef(now)
  useEffect(() => {
    const utterance = narrate(before.current, now, board.speaksTime.value)
    before.current = now
    if (!utterance) return
    if (utterance.atOnce) sayAtOnce(utterance.words)
    else say(utterance.words)
  })
}

function momentOf(board: SessionBoard, now: number): Moment {
  const { seconds, chargedCents, secondsLeft } = readMeter(board.told.value, board.terms, now)
  return {
    connection: connectionOf(board.session.value, board.callState.value, board.told.value).state,
    seconds,
    chargedCents,
    rateCents: board.terms.rateCents,
    ...(secondsLeft === undefined ? {} : { secondsLeft }),
  }
}
