/** Draws the readers, what a minute costs, and the three ways to call. */
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
import type { ClientStore } from './client-store.ts'
import { isInOrder, matching, whyNot } from './readers.ts'

export function Readers({ store }: { store: ClientStore }) {
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
        <button type="button" class="link" onClick={() => (store.checking.value = { kind: 'video' })}>
          Check camera and sound
        </button>
      </div>
      <Check store={store} />
      <TopUpFor store={store} />
      {store.failure.value && (
        <Alert>
          <p>{sayFailure(store.failure.value)}</p>
        </Alert>
      )}
      <Loaded of={store.readers.value} retry={() => void store.loadReaders()}>
        {(readers) => <ReaderList readers={readers} wanted={wanted.value} store={store} />}
      </Loaded>
    </section>
  )
}

/** Draws the device check, before a call or on its own. */
function Check({ store }: { store: ClientStore }) {
  const { checking, balanceCents } = store
  if (!checking.value) return null
  const { kind, reader } = checking.value
  const close = () => {
    checking.value = undefined
  }
  const before = reader && {
    readerName: reader.name,
    rateCents: reader.rateCents,
    balanceCents: balanceCents.value,
    ring: (chosen: SessionKind) => void store.call(reader, chosen),
  }
  return <DeviceCheckWindow kind={kind} onClose={close} {...(before ? { before } : {})} />
}

/** Draws the payment form for a reader whose first minute costs more than the balance. */
function TopUpFor({ store }: { store: ClientStore }) {
  const reader = store.toppingUp.value
  if (!reader) return null
  const close = () => {
    store.toppingUp.value = undefined
  }
  const refresh = () => void store.refreshMe()
  return <FundsDialog userId={store.me.id} reader={reader} onDone={refresh} onClose={close} />
}

interface ReaderListProps {
  readers: readonly ReaderView[]
  wanted: string
  store: ClientStore
}

function ReaderList({ readers, wanted, store }: ReaderListProps) {
  if (readers.length === 0) {
    return <p class="empty">No readers have joined yet. The first one will appear here.</p>
  }
  const found = matching(readers, wanted)
  return (
    <>
      <p class={found.length === 0 ? 'empty' : 'unseen'} role="status">
        {wanted && sayFound(found.length)}
      </p>
      {!isInOrder(readers) && (
        <button type="button" class="link" onClick={store.putInOrder}>
          Show available first
        </button>
      )}
      <ul class="reader-list">
        {found.map((reader) => (
          <ReaderItem key={reader.id} reader={reader} store={store} />
        ))}
      </ul>
    </>
  )
}

function sayFound(count: number): string {
  if (count === 0) return 'No readers match. Try a shorter word, or clear the search.'
  return count === 1 ? '1 reader matches.' : `${count} readers match.`
}

const KINDS: readonly SessionKind[] = ['video', 'voice', 'chat']

function ReaderItem({ reader, store }: { reader: ReaderView; store: ClientStore }) {
  const reason = whyNot(reader, store.balanceCents.value, store.open.value !== undefined)
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
        <span>{formatMinutesFor(store.balanceCents.value, reader.rateCents)}</span>
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
            disabled={reason !== undefined || store.calling.value}
            aria-describedby={reason ? reasonId : undefined}
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
            <button type="button" class="link" onClick={() => (store.toppingUp.value = reader)}>
              Top up<span class="unseen"> to call {reader.name}</span>
            </button>
          )}
        </p>
      )}
    </li>
  )
}
