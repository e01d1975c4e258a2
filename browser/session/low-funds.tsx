/** Warns a client whose money is nearly used up, and offers to add funds or end the session. */
import { useEffect, useId, useState } from 'preact/hooks'
import { formatCents } from '../../shared/money.ts'
import { formatLeft } from '../lib/format.ts'
import type { Added } from '../payments/checkout.ts'
import { TopUp } from '../payments/top-up.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { readMeter } from './meter.ts'
import { useNow } from './meter-panel.tsx'
import type { LowFunds, SessionStore } from './store.ts'

const QUIET_MS = 1_000 // so that a dialog interrupts no typing in the middle of a word

/** Draws the window, while the call continues underneath. */
export function LowFundsWindow({ store }: { store: SessionStore }) {
  const state = store.lowFunds.value
  const ended = store.session.value.status === 'ended'
  const quiet = useQuiet(state === 'asked')
  const turn = (next: LowFunds) => () => {
    store.lowFunds.value = next
  }
  const done = (added: Added, isOpen: boolean) => {
    store.added.value = added
    if (isOpen) store.lowFunds.value = 'none'
  }
  if (state === 'paying') return <Paying store={store} close={turn('later')} done={done} />
  return state === 'asked' && quiet && !ended ? (
    <Asked store={store} pay={turn('paying')} close={turn('later')} />
  ) : null
}

const SOON_SECONDS = 120

/** Draws the banner, which appears before the window and stays after it is closed. */
export function LowFundsBanner({ store }: { store: SessionStore }) {
  const { secondsLeft } = readMeter(store.told.value, store.terms, useNow(store.now))
  if (store.iAmReader || secondsLeft === undefined || store.session.value.status === 'accepted') return null
  // Stays under the payment too, so that closing the payment returns the focus here.
  if (store.lowFunds.value === 'none' && secondsLeft > SOON_SECONDS) return null
  return (
    <p class="banner low">
      <Icon name="alert" />
      <span>
        {sayAbout(secondsLeft)} left with {store.session.value.readerName}.
      </span>
      <button type="button" class="button" onClick={() => (store.lowFunds.value = 'paying')}>
        <Icon name="plus" />
        Add funds
      </button>
    </p>
  )
}

/** Returns the time left in round figures; the exact time runs in the meter above. */
function sayAbout(seconds: number): string {
  const minutes = Math.round(seconds / 60)
  if (seconds < 60) return 'Less than a minute'
  return minutes === 1 ? 'About a minute' : `About ${minutes} minutes`
}

function Asked({ store, pay, close }: { store: SessionStore; pay: () => void; close: () => void }) {
  const about = useId()
  const shown = readMeter(store.told.value, store.terms, useNow(store.now))
  return (
    <Dialog title="Low funds" className="over-call" onClose={close} closeLabel="Later" about={about}>
      <p id={about}>
        You have <b class="number">{formatCents(shown.balanceCents ?? 0)}</b> left, enough for{' '}
        <b class="number">{formatLeft(shown.secondsLeft ?? 0)}</b> more with {store.session.value.readerName}.
        At zero the session ends automatically.
      </p>
      <div class="apart">
        <button
          type="button"
          class="button"
          aria-disabled={store.leaving.value}
          onClick={() => void store.end()}
        >
          <Icon name="hang-up" />
          End session
        </button>
        <button type="button" class="button primary" onClick={pay}>
          <Icon name="plus" />
          Add funds
        </button>
      </div>
    </Dialog>
  )
}

interface PayingProps {
  store: SessionStore
  close: () => void
  done: (added: Added, isOpen: boolean) => void
}

function Paying({ store, close, done }: PayingProps) {
  const { readerName, rateCents, status } = store.session.value
  return (
    <Dialog title="Add funds" className="funds over-call" onClose={close}>
      <p class="hint">
        {status === 'ended'
          ? 'The session has ended. What you add now is for the next one.'
          : 'Keep talking: the session continues, and so does the meter.'}
      </p>
      <TopUp
        userId={store.me.id}
        rateCents={rateCents}
        readerName={readerName}
        onDone={done}
        onCancel={close}
      />
    </Dialog>
  )
}

/**
 * Says whether a window may take the focus now: at once, unless a key was pressed within the last
 * second.
 */
function useQuiet(wanted: boolean): boolean {
  const [quiet, setQuiet] = useState(false)
  useEffect(() => {
    if (!wanted) return setQuiet(false)
    let timer = setTimeout(() => setQuiet(true), isTyping() ? QUIET_MS : 0)
    const again = () => {
      clearTimeout(timer)
      timer = setTimeout(() => setQuiet(true), QUIET_MS)
    }
    document.addEventListener('keydown', again)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('keydown', again)
    }
  }, [wanted])
  return quiet
}

function isTyping(): boolean {
  return document.activeElement instanceof HTMLInputElement && document.activeElement.value !== ''
}
