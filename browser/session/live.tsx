/** Draws an open session: the meter on top, the two people under it, the chat beside them. */
import { useEffect, useRef } from 'preact/hooks'
import { connectionOf } from '../lib/connection.ts'
import { warnBeforeLeaving } from '../lib/leave-guard.ts'
import { keepAboveKeyboard } from '../lib/view-height.ts'
import { keepAwake } from '../lib/wake-lock.ts'
import { say, sayAtOnce } from '../ui/announcements.ts'
import { useLowFundsAlarm } from './alarm.ts'
import { announce, type Moment } from './announcer.ts'
import { Banners } from './banners.tsx'
import { SessionChat } from './chat/chat.tsx'
import { readMeter } from './meter.ts'
import { SessionMeter, useNow } from './meter-panel.tsx'
import { SessionStage } from './stage.tsx'
import type { SessionStore } from './store.ts'

export function SessionLive({ store }: { store: SessionStore }) {
  const { kind } = store.session.value
  useAnnouncements(store)
  useLowFundsAlarm(store)
  useEffect(keepAwake, [])
  useEffect(warnBeforeLeaving, [])
  useEffect(keepAboveKeyboard, [])
  return (
    <div class={classesOf(store)}>
      <h1 class="unseen">
        Session with {store.iAmReader ? store.session.value.clientName : store.session.value.readerName}
      </h1>
      <SessionMeter store={store} />
      <Banners store={store} />
      {kind !== 'chat' && <SessionStage store={store} />}
      <SessionChat store={store} />
    </div>
  )
}

function classesOf({ session, chat, chatFolded }: SessionStore): string {
  const { kind } = session.value
  if (kind === 'chat') return 'live of-chat'
  const folded = chatFolded.value && ' chat-folded'
  const empty = chat.lines.value.length === 0 && ' chat-empty'
  return `live of-${kind}${folded || ''}${empty || ''}`
}

/** Announces to screen readers what must not be missed. */
function useAnnouncements(store: SessionStore): void {
  const now = momentOf(store, useNow(store.now))
  const before = useRef(now)
  useEffect(() => {
    const utterance = announce(before.current, now, store.speaksTime.value)
    before.current = now
    if (!utterance) return
    if (utterance.atOnce) sayAtOnce(utterance.words)
    else say(utterance.words)
  })
}

function momentOf(store: SessionStore, now: number): Moment {
  const { seconds, chargedCents, secondsLeft } = readMeter(store.told.value, store.terms, now)
  return {
    connection: connectionOf(store.session.value, store.call.seen.value, store.told.value).state,
    seconds,
    chargedCents,
    rateCents: store.terms.rateCents,
    ...(secondsLeft === undefined ? {} : { secondsLeft }),
  }
}
