/** Makes a client who looks elsewhere notice that the money runs out: by ear, hand and tab title. */
import { useEffect } from 'preact/hooks'
import { playTone } from '../devices/sound.ts'
import { markTitle } from '../ui/tab-title.ts'
import { readMeter } from './meter.ts'
import { useNow } from './meter-panel.tsx'
import type { SessionStore } from './store.ts'

const PULSES_MS = [180, 120, 180]
const SOON_SECONDS = 60

/** Sounds once each time that money becomes short, and keeps the title current until it is not. */
export function useLowFundsAlarm(store: SessionStore): void {
  const { secondsLeft } = readMeter(store.told.value, store.terms, useNow(store.now))
  const isShort =
    !store.iAmReader &&
    secondsLeft !== undefined &&
    store.told.value.billedMs > 0 &&
    (store.lowFunds.value !== 'none' || secondsLeft <= SOON_SECONDS)
  const minutes = isShort ? Math.max(1, Math.ceil(secondsLeft / SOON_SECONDS)) : undefined

  useEffect(() => {
    if (!isShort) return
    // A browser that wants a tap first stays silent; the window and the title remain.
    void playTone(store.call.speakerId.value).catch(() => {})
    navigator.vibrate?.(PULSES_MS)
  }, [isShort])

  useEffect(() => {
    markTitle('money', minutes === undefined ? undefined : `⏳ ${minutes} min left ·`)
    return () => markTitle('money', undefined)
  }, [minutes])
}
