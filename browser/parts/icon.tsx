import {
  ArrowRight,
  CircleAlert,
  Download,
  LogOut,
  MessageCircle,
  Mic,
  MicOff,
  Monitor,
  Moon,
  Pause,
  Phone,
  PhoneOff,
  Plus,
  Printer,
  Search,
  SendHorizontal,
  SlidersHorizontal,
  Sun,
  Video,
  VideoOff,
  Volume2,
  X,
} from 'lucide'
import { h } from 'preact'

const ICONS = {
  alert: CircleAlert,
  arrow: ArrowRight,
  camera: Video,
  'camera-off': VideoOff,
  chat: MessageCircle,
  close: X,
  download: Download,
  'hang-up': PhoneOff,
  'log-out': LogOut,
  mic: Mic,
  'mic-off': MicOff,
  monitor: Monitor,
  moon: Moon,
  options: SlidersHorizontal,
  pause: Pause,
  plus: Plus,
  print: Printer,
  search: Search,
  send: SendHorizontal,
  sound: Volume2,
  sun: Sun,
  video: Video,
  voice: Phone,
}

export type IconName = keyof typeof ICONS

/** A picture beside words: never the only thing that says what a button does. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {ICONS[name].map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  )
}
