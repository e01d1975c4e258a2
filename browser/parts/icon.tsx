import {
  ArrowRight,
  CircleAlert,
  LogOut,
  MessageCircle,
  Mic,
  MicOff,
  Pause,
  Phone,
  PhoneOff,
  Plus,
  SendHorizontal,
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
  'hang-up': PhoneOff,
  'log-out': LogOut,
  mic: Mic,
  'mic-off': MicOff,
  pause: Pause,
  plus: Plus,
  send: SendHorizontal,
  sound: Volume2,
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
