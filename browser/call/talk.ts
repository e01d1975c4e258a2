import { createChat } from './chat.ts'
import { createControl } from './control.ts'
import { createFrameLimit } from './frame-limits.ts'
import type { CallParts, CallWorld } from './types.ts'

interface TalkParts {
  parts: CallParts
  world: CallWorld
  /** Whether this page reaches our server. */
  isOnline(): boolean
  /** The other page reaches our server again. */
  onPeerOnline(): void
  /** The machine was asleep until now. */
  onAwake(): void
}

export type Talk = ReturnType<typeof createTalk>

/** Everything that the two pages write to each other over the data channel: the chat, and what they say of themselves. */
export function createTalk({ parts, world, isOnline, onPeerOnline, onAwake }: TalkParts) {
  const onDropped = () => parts.onChatDropped?.()
  const chat = createChat({
    newId: world.newId,
    now: world.now,
    after: world.after,
    unsent: parts.unsentLines,
    taken: parts.takenLines,
    onLine: (line) => parts.onChat?.(line),
    onDropped,
    onDelivered: (id) => parts.onDelivered?.(id),
  })
  const frameLimit = createFrameLimit({ now: world.now, onDropped })
  const control = createControl({
    world,
    isOnline,
    onPeerMedia: (media) => parts.onPeerMedia?.(media),
    onPeerOnline,
    onAwake,
  })
  return { chat, control, frameLimit }
}
