/** Draws the readers, what a minute costs, and the three ways to call. */
import { useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { ReaderView } from '../../shared/protocol/views.ts'
import { DeviceCheckWindow } from '../devices/check.tsx'
import { sayNotCharged } from '../lib/messages.ts'
import { FundsDialog } from '../payments/funds-dialog.tsx'
import { Alert, Said } from '../ui/alert.tsx'
import { Icon } from '../ui/icon.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { useScreenfuls } from '../ui/screenfuls.tsx'
import type { ClientStore } from './client-store.ts'
import { ReaderItem } from './reader-item.tsx'
import { isInOrder, matching } from './readers.ts'

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
      {store.failure.value && <CallFailed words={sayNotCharged(store.failure.value)} />}
      <Loaded of={store.readers.value} what="The list of readers" retry={() => void store.loadReaders()}>
        {(readers) => <ReaderList readers={readers} wanted={wanted.value} store={store} />}
      </Loaded>
    </section>
  )
}

/** Draws why a call did not begin, where it is seen also from far down the list. */
function CallFailed({ words }: { words: string }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => place.current?.scrollIntoView({ block: 'center' }), [words])
  return (
    <div class="call-failed" ref={place}>
      <Alert>
        <p>
          <Said words={words} />
        </p>
      </Alert>
    </div>
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
  const { funds } = store
  const goal = funds.goal.value
  if (!goal) return null
  return (
    <FundsDialog
      userId={store.me.id}
      reader={goal.reader}
      onDone={(added) => funds.noteAdded(added, goal)}
      onClose={funds.stop}
    />
  )
}

interface ReaderListProps {
  readers: readonly ReaderView[]
  wanted: string
  store: ClientStore
}

function ReaderList({ readers, wanted, store }: ReaderListProps) {
  const found = matching(readers, wanted)
  const inOrder = useMemo(() => isInOrder(readers), [readers])
  const { shown, more } = useScreenfuls(found.length, wanted)
  if (readers.length === 0) {
    return <p class="empty">No readers have joined yet. The first one will appear here.</p>
  }
  return (
    <>
      <p class={found.length === 0 ? 'empty' : 'unseen'} role="status">
        {wanted && sayFound(found.length)}
      </p>
      {found.length > 0 && readers.every(({ status }) => status === 'offline') && (
        <p class="hint">No reader is available right now. This list shows it as soon as one is.</p>
      )}
      {!inOrder && (
        <button type="button" class="link" onClick={store.putInOrder}>
          Show available first
        </button>
      )}
      <ul class="reader-list">
        {found.slice(0, shown).map((reader) => (
          <ReaderItem key={reader.id} reader={reader} store={store} />
        ))}
      </ul>
      {more}
    </>
  )
}

function sayFound(count: number): string {
  if (count === 0) return 'No readers match. Try a shorter word, or clear the search.'
  return count === 1 ? '1 reader matches.' : `${count} readers match.`
}
