/** Joins the chat and the control frames on one data channel. */
import type { CallEnvironment, CallParts } from '../types.ts'
import { createChat } from './chat.ts'
import { createControl } from './control.ts'
import { createFrameLimit } from './frame-limits.ts'

interface TalkParts {
  parts: CallParts
  environment: CallEnvironment
  /** Says whether this page reaches our server. */
  isOnline(): boolean
  /** Runs when the other page reaches our server again. */
  onPeerOnline(): void
  /** Runs when the machine was asleep until now. */
  onAwake(): void
}

export type Talk = ReturnType<typeof createTalk>

/**
 * Creates everything that the two pages write to each other over the data channel: the chat, and
 * what they report about themselves.
 */
export function createTalk({ parts, environment, isOnline, onPeerOnline, onAwake }: TalkParts) {
  const onDropped = () => parts.onChatDropped?.()
  const chat = createChat({
    newId: environment.newId,
    now: environment.now,
    after: environment.after,
    unsent: parts.unsentLines,
    taken: parts.takenLines,
    onLine: (line) => parts.onChat?.(line),
    onDropped,
    onDelivered: (id) => parts.onDelivered?.(id),
  })
  const frameLimit = createFrameLimit({ now: environment.now, onDropped })
  const control = createControl({
    environment,
    isOnline,
    onPeerMedia: (media) => parts.onPeerMedia?.(media),
    onPeerOnline,
    onAwake,
  })
  return { chat, control, frameLimit }
}
