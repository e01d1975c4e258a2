/**
 * Draws the chat, which goes from page to page and is kept only in this tab while the session
 * lasts.
 */
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { CHAT_MAX } from '../../../shared/bounds.ts'
import { sayChatHeld } from '../../call/messages.ts'
import type { ChatLine } from '../../call/types.ts'
import { piecesOf } from '../../lib/links.ts'
import { Icon } from '../../ui/icon.tsx'
import { OptionsButton } from '../options-button.tsx'
import { QualityMark, qualityOf } from '../quality.tsx'
import type { SessionStore } from '../store.ts'
import { useChatEnd } from './chat-end.ts'
import { OWN_LINES_MAX } from './chat-lines.ts'

export function SessionChat({ store }: { store: SessionStore }) {
  const { readerName, clientName } = store.session.value
  const other = store.iAmReader ? clientName : readerName
  const { lines, unsent, unread, earlier, dropped, full } = store.chat
  const { log, onScroll, toEnd, showEarlier } = useChatEnd(store)
  return (
    <section class="chat" id="chat" aria-label="Chat">
      {store.session.value.kind === 'chat' && (
        <div class="chat-tools">
          <QualityMark quality={qualityOf(store)} />
          <OptionsButton store={store} />
        </div>
      )}
      <div class="chat-log" role="log" aria-label="Messages" ref={log} onScroll={onScroll}>
        {earlier.value > 0 && (
          <button type="button" class="link" onClick={showEarlier}>
            Show earlier messages
          </button>
        )}
        {lines.value.length === 0 && (
          <p class="empty">Messages go straight to {other}, and are gone when the session ends.</p>
        )}
        {lines.value.map((line) => (
          <Line
            key={line.id}
            line={line}
            who={line.mine ? 'You' : other}
            arrived={!unsent.value.has(line.id)}
          />
        ))}
      </div>
      {unread.value > 0 && (
        <button type="button" class="button new-lines" onClick={toEnd}>
          {unread.value === 1 ? '1 new message' : `${unread.value} new messages`}
        </button>
      )}
      {dropped.value && (
        <p class="hint chat-note" role="status">
          Some messages were not shown: too many at once.
        </p>
      )}
      {full.value ? (
        <p class="composer hint">
          You have sent {OWN_LINES_MAX.toLocaleString('en-US')} messages, the most for one session.
        </p>
      ) : (
        <Composer send={store.call.sendChat} held={heldWords(store)} />
      )}
    </section>
  )
}

function Line({ line, who, arrived }: { line: ChatLine; who: string; arrived: boolean }) {
  const pieces = useMemo(() => piecesOf(line.text), [line.text])
  return (
    <p class={line.mine ? 'line mine' : 'line'}>
      <bdi class="line-who">{who}</bdi>
      <span class="line-text" dir="auto">
        {pieces.map(({ text, href, host }) =>
          href === undefined ? (
            text
          ) : (
            <>
              <a href={href} target="_blank" rel="noopener noreferrer nofollow">
                {text}
              </a>
              {host && <bdi class="link-host"> ({host})</bdi>}
            </>
          ),
        )}
      </span>
      {line.mine && <Mark arrived={arrived} />}
    </p>
  )
}

/**
 * Shows whether a line of one's own has reached the other page. It is not spoken, because it would
 * be at every line.
 */
function Mark({ arrived }: { arrived: boolean }) {
  return (
    <span class="line-state" aria-live="off">
      <Icon name={arrived ? 'delivered' : 'sent'} />
      {arrived ? 'Delivered' : 'Not delivered yet'}
    </span>
  )
}

/** Returns why nothing can be sent, while that is so. */
function heldWords({ call, session, told }: SessionStore): string | undefined {
  if (call.mayWrite.value) return undefined
  return sayChatHeld(session.value.status, told.value.billedMs > 0 || told.value.running)
}

/** Draws the box. While nothing can be sent it takes keys all the same, so that none is lost. */
function Composer({ send, held }: { send: (text: string) => boolean; held: string | undefined }) {
  const draft = useSignal('')
  const length = [...draft.value].length
  const isTooLong = length > CHAT_MAX
  const submit = (event: Event) => {
    event.preventDefault()
    if (held === undefined && !isTooLong && send(draft.value)) draft.value = ''
  }
  /**
   * Sends on Enter; with Shift it is a line break, and while a word is being composed it is
   * neither.
   */
  const sendByEnter = (event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    event.currentTarget.form?.requestSubmit()
  }
  return (
    <form class="composer" onSubmit={submit}>
      {held && (
        <p id="message-held" class="hint held" role="status">
          {held}
        </p>
      )}
      <label for="message" class="unseen">
        Message
      </label>
      <textarea
        id="message"
        rows={1}
        placeholder="Write a message"
        autocomplete="off"
        value={draft.value}
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onKeyDown={sendByEnter}
        aria-invalid={isTooLong ? 'true' : undefined}
        aria-describedby={isTooLong ? 'message-length' : held && 'message-held'}
      />
      {isTooLong && (
        <p id="message-length" class="error" role="status">
          {length.toLocaleString('en-US')} characters: a message can have {CHAT_MAX.toLocaleString('en-US')}.
        </p>
      )}
      <button type="submit" class="button" disabled={held !== undefined}>
        <Icon name="send" />
        <span>Send</span>
      </button>
    </form>
  )
}
