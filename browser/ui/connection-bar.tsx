/** Says on every page that the connection to the server is lost, and that it is being restored. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Role } from '../../shared/protocol/views.ts'
import { type BrowserSocket, listen, whenLate } from '../lib/socket.ts'
import { Icon } from './icon.tsx'

const BLINK_MS = 1_500 // most losses are over before anyone could read of them

type Loss = 'offline' | 'unreachable'

const WORDS: Record<Loss, string> = {
  offline: 'You are offline.',
  unreachable: 'We can’t reach SoulSeer.',
}
const MEANWHILE: Record<Role, string> = {
  client: 'What you see may be out of date. Reconnecting…',
  reader: 'Clients cannot call you until the connection is back. Reconnecting…',
}

/** Draws the bar; the element is there from the start, so that changes are spoken. */
export function ConnectionBar({ socket, role }: { socket: BrowserSocket; role: Role }) {
  const loss = useLoss(socket)
  const bar = useRef<HTMLDivElement>(null)
  useEffect(() => keepRoomFor(bar.current), [])
  return (
    <div class="connection-bar" role="status" ref={bar}>
      {loss && (
        <p>
          <Icon name="alert" />
          <span>
            <b>{WORDS[loss]}</b> {MEANWHILE[role]}
          </span>
        </p>
      )}
    </div>
  )
}

/** Says in the style of the page how high the bar is, which depends on the room that its text has. */
function keepRoomFor(bar: HTMLElement | null): (() => void) | undefined {
  if (!bar) return undefined
  const { style } = document.documentElement
  const observer = new ResizeObserver(() => {
    if (bar.offsetHeight > 0) style.setProperty('--bar', `${bar.offsetHeight + 16}px`)
    else style.removeProperty('--bar')
  })
  observer.observe(bar)
  return () => observer.disconnect()
}

/** Returns what is lost; undefined while the page is connected, or was a moment ago. */
function useLoss(socket: BrowserSocket): Loss | undefined {
  const loss = useSignal<Loss | undefined>(undefined)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = () => {
      clearTimeout(timer)
      if (!navigator.onLine) loss.value = 'offline'
      else if (socket.connected) loss.value = undefined
      else if (loss.value) loss.value = 'unreachable'
      else timer = setTimeout(() => (loss.value = socket.connected ? undefined : 'unreachable'), BLINK_MS)
    }
    if (!navigator.onLine) look()
    const stopWaiting = whenLate(socket, look)
    const unlisten = listen(socket, { connect: look, disconnect: look })
    for (const event of ['online', 'offline']) window.addEventListener(event, look)
    return () => {
      clearTimeout(timer)
      stopWaiting()
      unlisten()
      for (const event of ['online', 'offline']) window.removeEventListener(event, look)
    }
  }, [])
  return loss.value
}
