import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { CHAT_MAX } from '../shared/limits.ts'
import type { ChatLine } from './call.ts'
import { Icon } from './parts/icon.tsx'
import type { SessionBoard } from './session-board.ts'
import { OptionsButton } from './session-options-button.tsx'

/** What the two write to each other: it goes from page to page and is kept nowhere. */
export function SessionChat({ board }: { board: SessionBoard }) {
  const { readerName, clientName } = board.session.value
  const other = board.iAmReader ? clientName : readerName
  const lines = board.lines.value
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (end.current) end.current.scrollTop = end.current.scrollHeight
  }, [lines.length])
  return (
    <section class="chat" aria-label="Chat">
      {board.session.value.kind === 'chat' && (
        <div class="chat-tools">
          <OptionsButton board={board} />
        </div>
      )}
      <div class="chat-log" role="log" aria-label="Messages" ref={end}>
        {lines.length === 0 && <p class="empty">Messages go straight to {other} and are not kept.</p>}
        {lines.map((line) => (
          <Line
            key={line.id}
            line={line}
            who={line.mine ? 'You' : other}
            unsent={board.unsent.value.has(line.id)}
          />
        ))}
      </div>
      <Composer send={board.sendChat} />
    </section>
  )
}

function Line({ line, who, unsent }: { line: ChatLine; who: string; unsent: boolean }) {
  return (
    <p class={line.mine ? 'line mine' : 'line'}>
      <bdi class="line-who">{who}</bdi>
      <span class="line-text" dir="auto">
        {line.text}
      </span>
      {unsent && <span class="line-state">Not there yet</span>}
    </p>
  )
}

function Composer({ send }: { send: (text: string) => boolean }) {
  const draft = useSignal('')
  const submit = (event: Event) => {
    event.preventDefault()
    if (send(draft.value)) draft.value = ''
  }
  return (
    <form class="composer" onSubmit={submit}>
      <label for="message" class="unseen">
        Message
      </label>
      <input
        id="message"
        type="text"
        placeholder="Write a message"
        autocomplete="off"
        maxLength={CHAT_MAX}
        value={draft.value}
        onInput={(event) => (draft.value = event.currentTarget.value)}
      />
      <button type="submit" class="button">
        <Icon name="send" />
        <span>Send</span>
      </button>
    </form>
  )
}
