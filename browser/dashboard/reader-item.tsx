/** Draws one reader: what a minute costs, and the three ways to call. */
import { useRef } from 'preact/hooks'
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { ReaderView } from '../../shared/protocol/views.ts'
import { formatRate } from '../lib/format.ts'
import { KIND, READER_STATUS } from '../lib/messages.ts'
import { About } from '../ui/about.tsx'
import { Avatar } from '../ui/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import type { ClientStore } from './client-store.ts'
import { sayBuys, whyNot } from './readers.ts'

interface ReaderItemProps {
  reader: ReaderView
  store: ClientStore
}

/**
 * Draws the reader in one line while offline, and in full from then on: a reader who leaves while
 * the list is read must not move the others.
 */
export function ReaderItem({ reader, store }: ReaderItemProps) {
  const wasHere = useRef(false)
  wasHere.current ||= reader.status !== 'offline'
  const isBrief = !wasHere.current
  const id = `reader-${reader.id}`
  return (
    <li class={`reader ${reader.status}${isBrief ? ' brief' : ''}`}>
      <Avatar name={reader.name} size={isBrief ? 'small' : 'large'} />
      <div class="reader-who">
        <h3 id={id}>
          <bdi>{reader.name}</bdi>
        </h3>
        <p class="status">{READER_STATUS[reader.status]}</p>
      </div>
      <p class="reader-price">
        <b>{formatRate(reader.rateCents)}</b>
        {!isBrief && <span>{sayBuys(store.balanceCents.value, reader.rateCents)}</span>}
      </p>
      {!isBrief && (
        <>
          <div class="reader-about">
            <About reader={reader} />
          </div>
          <Ways reader={reader} store={store} nameId={id} />
        </>
      )}
    </li>
  )
}

const KINDS: readonly SessionKind[] = ['video', 'voice', 'chat']

function Ways({ reader, store, nameId }: ReaderItemProps & { nameId: string }) {
  const reason = whyNot(reader, store.balanceCents.value, {
    hasOpenSession: store.open.value !== undefined,
    isOnHold: store.hold.value !== undefined,
  })
  const reasonId = `why-${reader.id}`
  // Each way leads to adding money if nothing else is missing.
  const isOff = reason !== undefined && !reason.needsFunds
  return (
    <>
      <div class="ways">
        {KINDS.map((kind) => (
          <button
            key={kind}
            type="button"
            class="button"
            disabled={isOff}
            aria-disabled={store.calling.value}
            aria-describedby={reason ? `${nameId} ${reasonId}` : nameId}
            onClick={() => void store.wish(reader, kind)}
          >
            <Icon name={kind} />
            {KIND[kind]}
          </button>
        ))}
      </div>
      {reason && (
        <p class="hint">
          <span id={reasonId}>{reason.says}</span>{' '}
          {reason.needsFunds && (
            <button type="button" class="link" onClick={() => store.funds.begin({ reader, kind: 'video' })}>
              Add funds<span class="unseen"> to call {reader.name}</span>
            </button>
          )}
        </p>
      )}
    </>
  )
}
