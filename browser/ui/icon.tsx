/** Draws an icon beside words; an icon is never a button's only label. */
import {
  ArrowRight,
  Check,
  CheckCheck,
  CircleAlert,
  Download,
  KeyRound,
  LogOut,
  MessageCircle,
  Mic,
  MicOff,
  Monitor,
  MonitorUp,
  Moon,
  Pause,
  Phone,
  PhoneOff,
  PictureInPicture2,
  Plus,
  Printer,
  RotateCw,
  Search,
  SendHorizontal,
  SlidersHorizontal,
  Sun,
  SwitchCamera,
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
  delivered: CheckCheck,
  download: Download,
  'hang-up': PhoneOff,
  'log-out': LogOut,
  mic: Mic,
  'mic-off': MicOff,
  flip: SwitchCamera,
  monitor: Monitor,
  moon: Moon,
  options: SlidersHorizontal,
  passkey: KeyRound,
  pause: Pause,
  'picture-in-picture': PictureInPicture2,
  plus: Plus,
  print: Printer,
  retry: RotateCw,
  screen: MonitorUp,
  search: Search,
  send: SendHorizontal,
  sent: Check,
  sound: Volume2,
  sun: Sun,
  video: Video,
  voice: Phone,
}

export type IconName = keyof typeof ICONS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {ICONS[name].map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  )
}
