import { useSignal } from '@preact/signals'
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { ReaderView } from '../../shared/protocol/views.ts'
import { DeviceCheckWindow } from '../devices/check.tsx'
import { formatMinutesFor, formatRate } from '../lib/format.ts'
import { KIND, READER_STATUS, sayFailure } from '../lib/messages.ts'
import { FundsDialog } from '../payments/funds-dialog.tsx'
import { About } from '../ui/about.tsx'
import { Alert } from '../ui/alert.tsx'
import { Avatar } from '../ui/avatar.tsx'
import { Icon } from '../ui/icon.tsx'
import { Loaded } from '../ui/loaded.tsx'
import type { ClientBoard } from './client-store.ts'
import { isInOrder, matching, whyNot } from './readers.ts'

/** Every reader, what a minute costs, and the three ways to ring. */
export function Readers({ board }: { board: ClientBoard }) {
  const wanted = useSignal('')
  return (
    <section class="readers" aria-labelledby="readers-title">
      <div class="readers-head">
        <h2 id="readers-title">Readers</h2>
        <label class="search">
          <span class="unseen">Search by name or speciality</span>
          <Icon name="search" />
          <input
            type="search"
            placeholder="Name or speciality"
            value={wanted.value}
            onInput={(event) => (wanted.value = event.currentTarget.value)}
          />
        </label>
        <button type="button" class="link" onClick={() => (board.checking.value = { kind: 'video' })}>
          Check camera and sound
        </button>
      </div>
      <Check board={board} />
      <TopUpFor board={board} />
      {board.failure.value && (
        <Alert>
          <p>{sayFailure(board.failure.value)}</p>
        </Alert>
      )}
      <Loaded of={board.readers.value} retry={() => void board.loadReaders()}>
        {(readers) => <ReaderList readers={readers} wanted={wanted.value} board={board} />}
      </Loaded>
    </section>
  )
}

/** The look at the devices, before a call or for its own sake. */
function Check({ board }: { board: ClientBoard }) {
  const { checking, balanceCents } = board
  if (!checking.value) return null
  const { kind, reader } = checking.value
  const close = () => {
    checking.value = undefined
  }
  const before = reader && {
    readerName: reader.name,
    rateCents: reader.rateCents,
    balanceCents: balanceCents.value,
    ring: (chosen: SessionKind) => void board.call(reader, chosen),
  }
  return <DeviceCheckWindow kind={kind} onClose={close} {...(before ? { before } : {})} />
}

/** The way to a reader whose first minute costs more than there is. */
function TopUpFor({ board }: { board: ClientBoard }) {
  const reader = board.toppingUp.value
  if (!reader) return null
  const close = () => {
    board.toppingUp.value = undefined
  }
  const refresh = () => void board.refreshMe()
  return <FundsDialog userId={board.me.id} reader={reader} onDone={refresh} onClose={close} />
}

interface ReaderListProps {
  readers: readonly ReaderView[]
  wanted: string
  board: ClientBoard
}

function ReaderList({ readers, wanted, board }: ReaderListProps) {
  if (readers.length === 0) {
    return <p class="empty">No reader has joined yet. The first one appears here by itself.</p>
  }
  const found = matching(readers, wanted)
  return (
    <>
      <p class={found.length === 0 ? 'empty' : 'unseen'} role="status">
        {wanted && sayFound(found.length)}
      </p>
      {!isInOrder(readers) && (
        <button type="button" class="link" onClick={board.putInOrder}>
          Bring available readers to the top
        </button>
      )}
      <ul class="reader-list">
        {found.map((reader) => (
          <ReaderItem key={reader.id} reader={reader} board={board} />
        ))}
      </ul>
    </>
  )
}

function sayFound(count: number): string {
  if (count === 0) return 'No reader fits that. Try a shorter word, or clear the search to see everybody.'
  return count === 1 ? '1 reader fits.' : `${count} readers fit.`
}

const KINDS: readonly SessionKind[] = ['video', 'voice', 'chat']

function ReaderItem({ reader, board }: { reader: ReaderView; board: ClientBoard }) {
  const reason = whyNot(reader, board.balanceCents.value, board.open.value !== undefined)
  const reasonId = `why-${reader.id}`
  return (
    <li class={`reader ${reader.status}`}>
      <Avatar name={reader.name} size="large" />
      <div class="reader-who">
        <h3>
          <bdi>{reader.name}</bdi>
        </h3>
        <p class="status">{READER_STATUS[reader.status]}</p>
      </div>
      <p class="reader-price">
        <b>{formatRate(reader.rateCents)}</b>
        <span>{formatMinutesFor(board.balanceCents.value, reader.rateCents)}</span>
      </p>
      <div class="reader-about">
        <About reader={reader} />
      </div>
      <div class="ways">
        {KINDS.map((kind) => (
          <button
            key={kind}
            type="button"
            class="button"
            disabled={reason !== undefined || board.calling.value}
            aria-describedby={reason ? reasonId : undefined}
            onClick={() => void board.wish(reader, kind)}
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
            <button type="button" class="link" onClick={() => (board.toppingUp.value = reader)}>
              Top up<span class="unseen"> to call {reader.name}</span>
            </button>
          )}
        </p>
      )}
    </li>
  )
}
