/** Formats time, money and people's names for the pages. */
import { formatCents } from '../../shared/money.ts'

const SECONDS_A_MINUTE = 60
const LONG_SECONDS = 100 * SECONDS_A_MINUTE // past 99:59 hours read better than minutes

/**
 * Returns a clock: `724` → `"12:04"`. Minutes are never folded into hours, because minutes are what
 * is paid.
 */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  return `${pad(Math.floor(whole / SECONDS_A_MINUTE))}:${pad(whole % SECONDS_A_MINUTE)}`
}

/** Returns the time left: `"03:56"`, or `"3 h 20 min"` when it is long. */
export function formatLeft(seconds: number): string {
  if (seconds < LONG_SECONDS) return formatClock(seconds)
  return formatLong(seconds)
}

/** Returns what a balance buys at a rate, in whole minutes: `"about 6 minutes"`. */
export function formatMinutesFor(balanceCents: number, rateCents: number): string {
  const minutes = Math.floor(balanceCents / rateCents)
  if (minutes < 1) return 'less than a minute'
  return minutes === 1 ? 'about 1 minute' : `about ${minutes} minutes`
}

/** Returns a span: `95` → `"1 min 35 s"`. */
export function formatSpan(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const minutes = Math.floor(whole / SECONDS_A_MINUTE)
  const rest = whole % SECONDS_A_MINUTE
  if (minutes === 0) return `${rest} s`
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`
}

/** Returns a span that may be shorter than a second: `400` → `"under 1 s"`. */
export function formatShort(ms: number): string {
  return ms < 1000 ? 'under 1 s' : formatSpan(ms / 1000)
}

/** Returns many minutes in words: `12_000` → `"3 h 20 min"`, `420` → `"7 min"`. */
export function formatLong(seconds: number): string {
  const minutes = Math.floor(Math.max(0, seconds) / SECONDS_A_MINUTE)
  const hours = Math.floor(minutes / 60)
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes % 60} min`
}

export function formatRate(rateCents: number): string {
  return `${formatCents(rateCents)}/min`
}

/**
 * Returns the day of an instant (milliseconds since the epoch) in this browser's language; with the
 * year unless it is the current one.
 */
export function formatDay(at: number, now = Date.now()): string {
  const thisYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  const year = thisYear ? {} : ({ year: 'numeric' } as const)
  return new Date(at).toLocaleDateString(undefined, { ...year, month: 'short', day: 'numeric' })
}

/** Returns a calendar day, `2026-11-22`, whatever the browser's zone. */
export function formatCalendarDay(day: string): string {
  return calendarDay(day, { weekday: 'short', month: 'short', day: 'numeric' })
}

export function formatDayOfMonth(day: string): string {
  return calendarDay(day, { month: 'short', day: 'numeric' })
}

function calendarDay(day: string, parts: Intl.DateTimeFormatOptions): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString(undefined, { ...parts, timeZone: 'UTC' })
}

/** Returns an instant in full, with its zone, for what is kept. */
export function formatFull(at: number): string {
  return new Date(at).toLocaleString(undefined, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  })
}

/**
 * Returns the IANA name of this browser's zone; undefined where it does not say ("Etc/Unknown", or
 * nothing).
 */
export function knownZone(): string | undefined {
  const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions()
  try {
    return zone && new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}

/** Returns the zone in which days are counted for this browser. */
export function timeZone(): string {
  return knownZone() || 'UTC'
}

export function formatTime(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' })
}

/** Returns an instant with seconds, for receipts. */
export function formatInstant(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, {
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
  })
}

/** Returns one or two letters for a person: `"Mara Lind"` → `"ML"`. */
export function initials(name: string): string {
  const words = name.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word))
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words
  return (
    ends
      .map((word) => [...(word ?? '')][0] ?? '')
      .join('')
      .toUpperCase() || '·'
  )
}

/** Returns which of `shades` tints belongs to a person: the same on every page. */
export function shadeOf(name: string, shades: number): number {
  const mixed = [...name].reduce(
    (sum, letter) => Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 16_777_619),
    23,
  )
  return ((mixed ^ (mixed >>> 15)) >>> 0) % shades
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
