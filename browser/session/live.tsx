import { useEffect, useRef } from 'preact/hooks'
import { connectionOf } from '../lib/connection.ts'
import { warnBeforeLeaving } from '../lib/leave-guard.ts'
import { keepAboveKeyboard } from '../lib/view-height.ts'
import { keepAwake } from '../lib/wake-lock.ts'
import { say, sayAtOnce } from '../ui/announcements.ts'
import { type Moment, narrate } from './announcer.ts'
import { Banners } from './banners.tsx'
import { SessionChat } from './chat/chat.tsx'
import { readMeter } from './meter.ts'
import { SessionMeter, useNow } from './meter-panel.tsx'
import { SessionStage } from './stage.tsx'
import type { SessionBoard } from './store.ts'

/** The session while it is open: the meter on top, the two people under it, the chat beside them. */
export function SessionLive({ board }: { board: SessionBoard }) {
  const { kind } = board.session.value
  useNarration(board)
  useEffect(keepAwake, [])
  useEffect(warnBeforeLeaving, [])
  useEffect(keepAboveKeyboard, [])
  return (
    <div class={`live of-${kind}${board.chatFolded.value ? ' chat-folded' : ''}`}>
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
    connection: connectionOf(board.session.value, board.call.seen.value, board.told.value).state,
    seconds,
    chargedCents,
    rateCents: board.terms.rateCents,
    ...(secondsLeft === undefined ? {} : { secondsLeft }),
  }
}
