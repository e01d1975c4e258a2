/**
 * Fakes peer connections that reach each other by the rules of the session descriptions alone,
 * without a network.
 */
type Media = 'audio' | 'video' | 'application'

type Medium = 'audio' | 'video'

/**
 * One place for a medium: what is sent in it, by which parameters, and in which directions it may
 * go.
 */
export class FakeTransceiver {
  readonly receiver: { track: { kind: Medium } }
  direction: RTCRtpTransceiverDirection
  readonly sender = {
    track: null as { kind: Medium } | null,
    replaced: 0,
    streams: [] as unknown[],
    parameters: { encodings: [{}] as RTCRtpEncodingParameters[] },
    replaceTrack: async (track: { kind: Medium } | null) => {
      this.sender.track = track
      this.sender.replaced += 1
    },
    setStreams: (...streams: unknown[]) => {
      this.sender.streams = streams
    },
    getParameters: () => structuredClone(this.sender.parameters),
    setParameters: async (parameters: { encodings: RTCRtpEncodingParameters[] }) => {
      this.sender.parameters = parameters
    },
  }

  constructor(kind: Medium, direction: RTCRtpTransceiverDirection) {
    this.receiver = { track: { kind } }
    this.direction = direction
  }
}

export class FakeChannel extends EventTarget {
  readyState: RTCDataChannelState = 'connecting'
  other: FakeChannel | undefined
  readonly sent: string[] = []
  /** Messages that arrive here are lost, as with a page that was closed meanwhile. */
  loses = false
  private readonly net: FakeNet
  private held: string[] = []

  constructor(net: FakeNet) {
    super()
    this.net = net
  }

  send(data: string): void {
    if (this.readyState !== 'open') throw new Error('the channel is not open')
    this.sent.push(data)
    this.held.push(data)
    this.flush()
  }

  /** Delivers what was sent while the net was down: a channel is reliable. */
  flush(): void {
    const { other } = this
    if (!this.net.up || this.net.deaf || this.readyState !== 'open' || !other) return
    for (const data of this.held) queueMicrotask(() => other.hear(data))
    this.held = []
  }

  hear(data: unknown): void {
    if (this.readyState === 'closed' || this.loses) return
    this.dispatchEvent(Object.assign(new Event('message'), { data }))
  }

  turn(state: RTCDataChannelState): void {
    if (this.readyState === state || this.readyState === 'closed') return
    this.readyState = state
    if (state === 'open' || state === 'closed')
      this.dispatchEvent(new Event(state === 'open' ? 'open' : 'close'))
  }
}

/** Connects fake peers, and lets a test break the path between them. */
export class FakeNet {
  readonly peers: FakePeer[] = []
  up = true
  /** Nothing arrives, and no browser has noticed. */
  deaf = false
  /** Grows while packets arrive. */
  bytes = 0

  open(config: RTCConfiguration): FakePeer {
    const peer = new FakePeer(this, this.peers.length + 1, config)
    this.peers.push(peer)
    return peer
  }

  living(): FakePeer[] {
    return this.peers.filter((peer) => peer.signalingState !== 'closed')
  }

  /**
   * Joins every pair whose descriptions name each other and of which one knows a candidate of the
   * other.
   */
  join(): void {
    if (!this.up) return
    for (const one of this.living()) {
      const other = this.living().find((peer) => one.matches(peer) && peer.matches(one))
      if (!other || !(one.knows(other) || other.knows(one))) continue
      one.connectTo(other)
      other.connectTo(one)
    }
    for (const { channel } of this.living()) channel.flush()
  }

  cut(): void {
    this.up = false
    for (const peer of this.living()) peer.turn('disconnected')
  }

  /**
   * Gives the path up, as browsers do: it takes a restart to come back, even once the net is up.
   */
  fail(): void {
    this.up = false
    for (const peer of this.living()) {
      peer.generationFailed = peer.ufrag
      peer.turn('failed')
    }
  }

  restore(): void {
    this.up = true
    this.deaf = false
    this.join()
  }
}

interface FakeDescription {
  readonly type: RTCSdpType
  readonly sdp: string
}

export class FakePeer {
  signalingState: RTCSignalingState = 'stable'
  connectionState: RTCPeerConnectionState = 'new'
  currentLocalDescription: FakeDescription | null = null
  currentRemoteDescription: FakeDescription | null = null
  private pendingLocal: FakeDescription | null = null
  private pendingRemote: FakeDescription | null = null
  onnegotiationneeded: (() => void) | null = null
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null
  onconnectionstatechange: (() => void) | null = null
  ontrack: ((event: { track: { kind: Medium } }) => void) | null = null
  readonly channel: FakeChannel
  readonly transceivers: FakeTransceiver[] = []
  readonly ends: string[] = []
  private partner: FakePeer | undefined
  readonly net: FakeNet
  readonly number: number
  config: RTCConfiguration
  ufrag = ''
  generationFailed: string | undefined
  readonly offersMade: string[] = []
  readonly heard: FakeDescription[] = []
  restarts = 0
  private version = 1
  private generation = 0
  private restartWanted = false
  private readonly media = new Set<Media>()
  private known = new Set<string>()
  private foundLocal: string[] = []

  constructor(net: FakeNet, number: number, config: RTCConfiguration) {
    this.net = net
    this.channel = new FakeChannel(net)
    this.number = number
    this.config = config
  }

  get localDescription(): FakeDescription | null {
    return this.pendingLocalDescription ?? this.withFound(this.currentLocalDescription)
  }

  get pendingLocalDescription(): FakeDescription | null {
    return this.withFound(this.pendingLocal)
  }

  get remoteDescription(): FakeDescription | null {
    return this.pendingRemote ?? this.currentRemoteDescription
  }

  createDataChannel(_label: string, { negotiated, id }: RTCDataChannelInit): FakeChannel {
    if (!negotiated || id === undefined) throw new Error('the chat channel must be agreed beforehand')
    this.media.add('application')
    return this.channel
  }

  addTransceiver(
    kind: Medium,
    { direction = 'sendrecv', streams = [] }: RTCRtpTransceiverInit,
  ): FakeTransceiver {
    const transceiver = new FakeTransceiver(kind, direction)
    transceiver.sender.streams = streams
    this.transceivers.push(transceiver)
    this.media.add(kind)
    queueMicrotask(() => this.signalingState === 'stable' && this.onnegotiationneeded?.())
    return transceiver
  }

  getTransceivers(): FakeTransceiver[] {
    return this.transceivers
  }

  /** Returns the tracks that this peer sends at the moment. */
  sending(): Medium[] {
    return this.transceivers.flatMap(({ sender }) => (sender.track ? [sender.track.kind] : []))
  }

  placeOf(kind: Medium): FakeTransceiver | undefined {
    return this.transceivers.find(({ receiver }) => receiver.track.kind === kind)
  }

  setConfiguration(config: RTCConfiguration): void {
    if (config.bundlePolicy !== this.config.bundlePolicy) throw new Error('the bundle policy may not change')
    this.config = config
  }

  restartIce(): void {
    this.restarts += 1
    this.restartWanted = true
    queueMicrotask(() => this.signalingState === 'stable' && this.onnegotiationneeded?.())
  }

  async getStats(): Promise<Map<string, object>> {
    return new Map([['pair', { type: 'candidate-pair', bytesReceived: this.net.bytes }]])
  }

  async setLocalDescription(): Promise<void> {
    this.mustBeOpen()
    if (this.signalingState === 'have-local-offer') throw new Error('an offer is under way already')
    const type = this.signalingState === 'stable' ? 'offer' : 'answer'
    this.freshenUfrag(type)
    this.version += 1
    const answered = type === 'answer' ? `a=fake-answers:${originIn(this.pendingRemote?.sdp ?? '')}\r\n` : ''
    const description = { type, sdp: this.write() + answered } as const
    if (type === 'offer') {
      this.pendingLocal = description
      this.offersMade.push(description.sdp)
      this.signalingState = 'have-local-offer'
    } else {
      this.currentLocalDescription = description
      this.settle()
    }
  }

  async setRemoteDescription(description: FakeDescription): Promise<void> {
    this.mustBeOpen()
    if (description.type === 'answer' && this.signalingState !== 'have-local-offer') {
      throw new Error(`an answer makes no sense in ${this.signalingState}`)
    }
    this.mustBeNew(description)
    this.heard.push(description)
    this.pendingLocal = description.type === 'offer' ? null : this.pendingLocal
    this.pendingRemote = description
    this.known = new Set(candidatesIn(description.sdp))
    for (const kind of mediaIn(description.sdp)) {
      this.media.add(kind)
      if (!this.placeOf(kind)) this.transceivers.push(new FakeTransceiver(kind, 'recvonly'))
      this.ontrack?.({ track: { kind } })
    }
    this.signalingState = 'have-remote-offer'
    if (description.type === 'offer') return
    this.currentLocalDescription = this.pendingLocal
    this.settle()
  }

  async addIceCandidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    if (!this.remoteDescription) throw new Error('no remote description')
    if (!candidate) {
      this.ends.push(ufragIn(this.remoteDescription.sdp) ?? '')
      return
    }
    if (candidate.usernameFragment !== ufragIn(this.remoteDescription.sdp)) throw new Error('unknown ufrag')
    this.known.add(candidate.candidate ?? '')
    this.net.join()
  }

  close(): void {
    this.signalingState = 'closed'
    this.channel.turn('closed')
    // The other browser notices that its packets have no consent any more.
    queueMicrotask(() => this.partner?.turn('disconnected'))
  }

  matches(other: FakePeer): boolean {
    const remote = this.currentRemoteDescription
    return !!remote && ufragIn(remote.sdp) === other.ufrag && this.generationFailed !== this.ufrag
  }

  candidates(): string[] {
    return [...this.known]
  }

  knows(other: FakePeer): boolean {
    return this.known.has(`candidate of ${other.ufrag}`)
  }

  connectTo(other: FakePeer): void {
    if (!this.media.has('application')) return
    this.channel.other = other.channel
    this.partner = other
    this.turn('connected')
    this.channel.turn('open')
    this.channel.flush()
  }

  turn(state: RTCPeerConnectionState): void {
    if (this.connectionState === state || this.signalingState === 'closed') return
    this.connectionState = state
    this.onconnectionstatechange?.()
  }

  private freshenUfrag(type: 'offer' | 'answer'): void {
    const theirs = this.pendingRemote && ufragIn(this.pendingRemote.sdp)
    const before = this.currentRemoteDescription && ufragIn(this.currentRemoteDescription.sdp)
    const theyRestart = type === 'answer' && !!before && theirs !== before
    if (this.ufrag && !this.restartWanted && !theyRestart) return
    this.restartWanted = false
    this.generation += 1
    this.ufrag = `u${this.number}-${this.generation}`
    this.foundLocal = []
    queueMicrotask(() => this.gather(this.ufrag))
  }

  private gather(ufrag: string): void {
    if (this.signalingState === 'closed' || ufrag !== this.ufrag) return
    const candidate = `candidate of ${ufrag}`
    this.foundLocal.push(candidate)
    this.onicecandidate?.({
      candidate: { candidate, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: ufrag },
    })
    this.onicecandidate?.({ candidate: null })
  }

  private settle(): void {
    this.currentRemoteDescription = this.pendingRemote ?? this.currentRemoteDescription
    this.pendingRemote = null
    this.pendingLocal = null
    this.signalingState = 'stable'
    if (this.connectionState === 'new') this.turn('connecting')
    this.net.join()
    if (this.restartWanted) queueMicrotask(() => this.onnegotiationneeded?.())
  }

  private remoteConnection(): string | undefined {
    return this.currentRemoteDescription ? connectionIn(this.currentRemoteDescription.sdp) : undefined
  }

  private withFound(description: FakeDescription | null): FakeDescription | null {
    if (!description) return null
    const found = this.foundLocal.map((candidate) => `a=${candidate}\r\n`).join('')
    return { type: description.type, sdp: description.sdp + found }
  }

  private write(): string {
    const media = [...this.media].map((kind) => `m=${kind} 9 X 0\r\n`).join('')
    return `v=0\r\no=- ${this.number}000 ${this.version} IN IP4 127.0.0.1\r\n${media}a=ice-ufrag:${this.ufrag}\r\n`
  }

  /** A browser would take an old description for a new one, and be lost from then on. */
  private mustBeNew({ type, sdp }: FakeDescription): void {
    if (this.remoteConnection() && this.remoteConnection() !== connectionIn(sdp)) {
      throw new Error('the description of another connection')
    }
    const last = this.heard.at(-1)
    if (last && versionIn(sdp) <= versionIn(last.sdp)) throw new Error('a description that was heard before')
    if (type === 'answer' && answeredIn(sdp) !== originIn(this.pendingLocal?.sdp ?? '')) {
      throw new Error('the answer to another offer')
    }
  }

  private mustBeOpen(): void {
    if (this.signalingState === 'closed') throw new Error('closed')
  }
}

function connectionIn(sdp: string): string | undefined {
  return /^o=- (\d+) /m.exec(sdp)?.[1]
}

function versionIn(sdp: string): number {
  return Number(/^o=- \d+ (\d+) /m.exec(sdp)?.[1])
}

function originIn(sdp: string): string | undefined {
  return /^o=- (\d+ \d+) /m.exec(sdp)?.[1]
}

function answeredIn(sdp: string): string | undefined {
  return /^a=fake-answers:(\d+ \d+)/m.exec(sdp)?.[1]
}

function ufragIn(sdp: string): string | undefined {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1]
}

function candidatesIn(sdp: string): string[] {
  return Array.from(sdp.matchAll(/^a=(candidate of \S+)/gm), (match) => match[1] ?? '')
}

function mediaIn(sdp: string): ('audio' | 'video')[] {
  return Array.from(sdp.matchAll(/^m=(audio|video) /gm), (match) =>
    match[1] === 'audio' ? 'audio' : 'video',
  )
}
