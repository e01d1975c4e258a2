/**
 * Declares the types of a call that its parts and the pages share. This file imports nothing of
 * ours but the protocol.
 */
import type { Socket } from 'socket.io-client'
import type { ErrorCode } from '../../shared/protocol/errors.ts'
import type { SessionKind } from '../../shared/protocol/session.ts'
import type { BrowserEvents, JoinAck, ServerEvents } from '../../shared/protocol/socket.ts'

export type CallSocket = Socket<ServerEvents, BrowserEvents>

export interface Timers {
  /** Runs `run` once after `ms`; returns a function that cancels it. */
  after(ms: number, run: () => void): () => void
  /** Runs `run` every `ms`; returns a function that stops it. */
  every(ms: number, run: () => void): () => void
}

/** Hears what happens around the page that a call must know. */
export interface EnvironmentListener {
  /** The machine has a network again. */
  online(): void
  /** The page was hidden, or is visible again. */
  hidden(): void
  shown(): void
  /** A camera, microphone or headset was plugged in or out. */
  devicesChanged(): void
}

/** Provides what the call needs of the browser, so that it can be tested without one. */
export interface CallEnvironment extends Timers {
  openPeer(config: RTCConfiguration): RTCPeerConnection
  openStream(tracks?: readonly MediaStreamTrack[]): MediaStream
  /** Asks for camera and microphone; rejects as `getUserMedia` does. */
  getMedia(wish: MediaStreamConstraints): Promise<MediaStream>
  /** Asks for a screen or a window to share; rejects as `getDisplayMedia` does. */
  getDisplay(): Promise<MediaStream>
  /** Reports to `listener` what happens around the page; returns a function that stops it. */
  watch(listener: EnvironmentListener): () => void
  /** Returns milliseconds since the epoch. */
  now(): number
  /** Returns milliseconds on a clock that is never set. */
  steady(): number
  newId(): string
}

/**
 * Says how a call ended on this page; `unreachable`: our server was out of reach for longer than it
 * waits for us.
 */
export type CallEnd = 'stopped' | 'ended' | 'taken_over' | 'refused' | 'unreachable'

export interface CallState {
  /**
   * `joining`: requesting the seat; `waiting`: alone in the session; `connecting`: both are here,
   * no path yet; `connected`: sound, picture and chat have a path; `reconnecting`: they had one.
   * The others are final.
   */
  readonly phase: 'joining' | 'waiting' | 'connecting' | 'connected' | 'reconnecting' | CallEnd
  /**
   * Says whether our server can be reached; the call itself goes on without. Undefined while the
   * page opens its first connection.
   */
  readonly online: boolean | undefined
  /** Says whether the other person has a page open, as far as the server has said. */
  readonly peerPresent: boolean
}

export interface Refused {
  readonly code: ErrorCode
  readonly message: string
}

/** Says why a device cannot be used; the page words it and offers a remedy. */
export type MediaTrouble = 'denied' | 'none' | 'in_use' | 'insecure' | 'lost' | 'unknown'
export type Device = 'camera' | 'microphone'

/** Names the devices that the call goes on without. */
export interface MediaProblem {
  readonly devices: readonly Device[]
  readonly trouble: MediaTrouble
}

/**
 * Names devices chosen on an earlier visit, by their ids; one that is missing is replaced by the
 * browser's own choice.
 */
export interface ChosenDevices {
  readonly cameraId?: string
  readonly microphoneId?: string
}

/** Describes what we have to send, and whether it is sent. */
export interface LocalMedia {
  readonly microphone: 'on' | 'muted' | 'none'
  /** `saving`: the picture was turned off automatically because the network was too slow for it. */
  readonly camera: 'on' | 'off' | 'saving' | 'none'
  readonly screen: boolean
  /** The devices in use now. */
  readonly cameraId?: string
  readonly microphoneId?: string
  /** False while our media is held, which is silence and black, and the chat is closed. */
  readonly sending: boolean
}

/** Describes what the other page says it sends. */
export type PeerMedia = Pick<LocalMedia, 'microphone' | 'camera' | 'screen'>

export type Level = 'good' | 'fair' | 'poor' | 'lost'

/** Describes how good the path between the two pages is, as measured a moment ago. */
export interface Quality {
  readonly level: Level
  /** Says whose network is bad; `nobody` too where that is unknown. */
  readonly whose: 'nobody' | 'mine' | 'theirs' | 'both'
  readonly path: 'direct' | 'relay' | 'unknown'
  readonly rttMs?: number
  readonly lossPercent?: number
}

/**
 * `unsteady`: the other page is not heard; `nothing`: it is connected and sends neither sound nor
 * picture.
 */
export type Hearing = 'steady' | 'unsteady' | 'nothing'

export interface ChatLine {
  readonly id: string
  readonly mine: boolean
  readonly text: string
  readonly at: number
}

/** Holds what the server has said about the time to come, in milliseconds from now. */
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
  /** Runs at every (re)join, with the session and its clock. */
  onJoined?(ack: JoinAck): void
  /**
   * Runs when the server will not let us in: the session is over, not accepted yet, or another
   * person's.
   */
  onRefused?(error: Refused): void
  /** Takes what we send, for the self-view; undefined at the end. */
  onLocalStream?(stream: MediaStream | undefined): void
  /**
   * Takes what the other page sends: for each track, as a new stream after a rebuild, undefined at
   * the end.
   */
  onRemoteStream?(stream: MediaStream | undefined): void
  /** Takes a line of the other person. */
  onChat?(line: ChatLine): void
  /** Runs when the other page sent more than this page accepts; the rest is not shown. */
  onChatDropped?(): void
  /** Runs when our line of this id has reached the other page. */
  onDelivered?(id: string): void
  /**
   * Lines written before this page was reloaded that had not arrived: they are sent again, and
   * shown once.
   */
  unsentLines?: readonly ChatLine[]
  /** The number of lines of the other person received before this page was reloaded. */
  takenLines?: number
  /** Devices to start with. */
  devices?: ChosenDevices
  /**
   * Runs when a device is missing or was lost, and the call goes on without it; with undefined once
   * that is over.
   */
  onProblem?(problem: MediaProblem | undefined): void
  /** Takes what we send, at every change. */
  onLocalMedia?(media: LocalMedia): void
  /** Takes what the other page says it sends; undefined while it has not said, or cannot say. */
  onPeerMedia?(media: PeerMedia | undefined): void
  /**
   * Runs about every two seconds while there is a connection; with undefined when there is none to
   * grade.
   */
  onQuality?(quality: Quality | undefined): void
  /** Runs at every change of how the other page is heard; `steady` at first. */
  onHearing?(hearing: Hearing): void
  /** Takes unexpected errors, for the console; the call tries to go on. */
  onError?(error: unknown): void
  environment?: CallEnvironment
}

export interface Call {
  /** Asks for the devices and the seat; once. Only for a session that was accepted. */
  start(): void
  setMuted(muted: boolean): void
  setCameraOff(off: boolean): void
  /**
   * Takes whether the meter runs; media that is not billed is held. The server hears from us right
   * after each instant in `ahead`.
   */
  setCounting(counting: boolean, ahead?: Ahead): void
  /**
   * Switches to another camera or microphone; on failure it reports a problem and keeps the old
   * one.
   */
  useDevice(device: Device, id: string): Promise<void>
  /** Asks for missing devices again, after the user has allowed them or plugged them in. */
  retryDevices(): Promise<void>
  /** Shares the screen in place of the camera; a user who cancels causes no error. */
  setSharing(on: boolean): Promise<void>
  /**
   * Returns our line, sent now or as soon as it can be; undefined when it is blank, over 4,000
   * characters, or the chat is held.
   */
  sendChat(text: string): ChatLine | undefined
  /** Leaves the call and frees the devices. */
  stop(): void
}
