/** The types of a call that its parts and the pages share. This file imports nothing of ours but the protocol. */
import type { Socket } from 'socket.io-client'
import type { ErrorCode } from '../../shared/protocol/errors.ts'
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { BrowserEvents, JoinAck, ServerEvents } from '../../shared/protocol/socket.ts'

export type CallSocket = Socket<ServerEvents, BrowserEvents>

export interface Timers {
  /** Runs once after `ms`; returns the way to call it off. */
  after(ms: number, run: () => void): () => void
  /** Runs every `ms`; returns the way to stop it. */
  every(ms: number, run: () => void): () => void
}

/** What happens around the page that a call has to know of. */
export interface WorldListener {
  /** The machine has a network again. */
  online(): void
  /** The page went out of sight, or came back into it. */
  hidden(): void
  shown(): void
  /** A camera, microphone or headset was plugged in or out. */
  devicesChanged(): void
}

/** What the call needs of the browser, so that it can be tested without one. */
export interface CallWorld extends Timers {
  openPeer(config: RTCConfiguration): RTCPeerConnection
  openStream(tracks?: readonly MediaStreamTrack[]): MediaStream
  /** Asks for camera and microphone; rejects as `getUserMedia` does. */
  getMedia(wish: MediaStreamConstraints): Promise<MediaStream>
  /** Asks for a screen or a window to show; rejects as `getDisplayMedia` does. */
  getDisplay(): Promise<MediaStream>
  /** Tells `listener` what happens around the page; returns the way to stop. */
  watch(listener: WorldListener): () => void
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds on a clock that nobody sets. */
  steady(): number
  newId(): string
}

/** How a call came to its end on this page; `unreachable`: our server was out of reach for longer than it waits for us. */
export type CallEnd = 'stopped' | 'ended' | 'taken_over' | 'refused' | 'unreachable'

export interface CallState {
  /**
   * `joining`: asking the server for the seat; `waiting`: alone in the session; `connecting`: both here, no path yet;
   * `connected`: sound, picture and chat have a path; `reconnecting`: they had one. The others are final.
   */
  readonly phase: 'joining' | 'waiting' | 'connecting' | 'connected' | 'reconnecting' | CallEnd
  /** Whether our server can be reached; the call itself goes on without. */
  readonly online: boolean
  /** Whether the other person has a page open in this session, as far as the server has told. */
  readonly peerPresent: boolean
}

export interface Refused {
  readonly code: ErrorCode
  readonly message: string
}

/** Why a device cannot be used; the page puts it into words and offers a way out. */
export type MediaTrouble = 'denied' | 'none' | 'in_use' | 'insecure' | 'lost' | 'unknown'
export type Device = 'camera' | 'microphone'

/** The call goes on without these devices. */
export interface MediaProblem {
  readonly devices: readonly Device[]
  readonly trouble: MediaTrouble
}

/** Devices chosen on an earlier visit, by their ids; one that is missing or gone is replaced by the browser's own choice. */
export interface ChosenDevices {
  readonly cameraId?: string
  readonly microphoneId?: string
}

/** What we have to send, and whether it is being sent. */
export interface LocalMedia {
  readonly microphone: 'on' | 'muted' | 'none'
  /** `saving`: the picture was turned off by itself because the network was too thin for it. */
  readonly camera: 'on' | 'off' | 'saving' | 'none'
  readonly screen: boolean
  /** The devices in use now. */
  readonly cameraId?: string
  readonly microphoneId?: string
  /** False: what there is to send is held, which is silence and black, and the chat is closed. */
  readonly sending: boolean
}

/** What the other page says of itself. */
export type PeerMedia = Pick<LocalMedia, 'microphone' | 'camera' | 'screen'>

export type Level = 'good' | 'fair' | 'poor' | 'lost'

/** How good the path between the two pages is, as measured a moment ago. */
export interface Quality {
  readonly level: Level
  /** Whose network is bad; `nobody` too where that cannot be told. */
  readonly whose: 'nobody' | 'mine' | 'theirs' | 'both'
  readonly path: 'direct' | 'relay' | 'unknown'
  readonly rttMs?: number
  readonly lossPercent?: number
}

/** `unsteady`: the other page is not heard; `nothing`: it is there and sends neither sound nor picture. */
export type Hearing = 'steady' | 'unsteady' | 'nothing'

export interface ChatLine {
  readonly id: string
  readonly mine: boolean
  readonly text: string
  readonly at: number
}

/** What the server has told of the time to come, in milliseconds from now. */
export interface Ahead {
  /** Until the next charge. */
  readonly dueInMs?: number
  /** Until the money is used up. */
  readonly endsInMs?: number
}

export interface CallParts {
  socket: CallSocket
  sessionId: string
  kind: SessionKind
  onState(state: CallState): void
  /** At every (re)join: the session and its clock as they stand. */
  onJoined?(ack: JoinAck): void
  /** The server will not let us in: the session is over, not accepted yet, or other people's. */
  onRefused?(error: Refused): void
  /** What we send, for the self-view; undefined at the end. */
  onLocalStream?(stream: MediaStream | undefined): void
  /** What the other sends: told for each track, as a new stream after a rebuild, undefined at the end. */
  onRemoteStream?(stream: MediaStream | undefined): void
  /** A line of the other person. */
  onChat?(line: ChatLine): void
  /** The other page sent more than this page takes, and what was too much is not shown. */
  onChatDropped?(): void
  /** A line of ours, by its id, is on the other page. */
  onDelivered?(id: string): void
  /** Lines written before this page was loaded anew that had not arrived: they are sent again, and shown once. */
  unsentLines?: readonly ChatLine[]
  /** How many lines of the other person were taken before this page was reloaded. */
  takenLines?: number
  /** Devices to start with. */
  devices?: ChosenDevices
  /** A device is missing or was lost, and the call goes on without it; undefined once that is over. */
  onProblem?(problem: MediaProblem | undefined): void
  /** What we send, at every change. */
  onLocalMedia?(media: LocalMedia): void
  /** What the other page says it sends; undefined while it has not said, or does not say such things. */
  onPeerMedia?(media: PeerMedia | undefined): void
  /** Every two seconds or so while there is a connection; undefined when there is none to speak of. */
  onQuality?(quality: Quality | undefined): void
  /** How the other page is heard, at every change; `steady` to begin with. */
  onHearing?(hearing: Hearing): void
  /** What should not happen, for the console; the call tries to go on. */
  onError?(error: unknown): void
  world?: CallWorld
}

export interface Call {
  /** Asks for the devices and the seat; once. Only for a session that was accepted. */
  start(): void
  setMuted(muted: boolean): void
  setCameraOff(off: boolean): void
  /** Whether the meter counts: what is not being billed is held. The server is told right after what is ahead. */
  setCounting(counting: boolean, ahead?: Ahead): void
  /** Takes another camera or microphone; when that fails it is told as a problem, and the old one stays. */
  useDevice(device: Device, id: string): Promise<void>
  /** Asks for missing devices again, after the person has allowed them or plugged them in. */
  retryDevices(): Promise<void>
  /** Shows the screen in place of the camera; that the person thinks better of it is no error. */
  setSharing(on: boolean): Promise<void>
  /** Our line, sent now or as soon as it can be; undefined when it is blank, over 4,000 characters, or the chat is held. */
  sendChat(text: string): ChatLine | undefined
  /** Leaves, and gives the devices back. */
  stop(): void
}
