/**
 * Notes when things happen on a page, in milliseconds since the epoch: all pages of a bench read
 * the clock of one machine.
 */
export interface Marks {
  /** "Accept" was pressed, or the bare pages were started. */
  readonly started?: number
  /** The server has responded to the press. */
  readonly accepted?: number
  /** The session's page runs its first line. */
  readonly page?: number
  /** The camera and the microphone are asked for, and given. */
  readonly asked?: number
  readonly captured?: number
  readonly opened?: number
  /** The first description of the other page is there, and has been applied. */
  readonly described?: number
  readonly connected?: number
  /** The first picture of the other person is on the screen. */
  readonly frame?: number
}

/** In the order in which they happen on the reader's page. */
export const STAGES = [
  'accepted',
  'page',
  'asked',
  'captured',
  'opened',
  'described',
  'connected',
  'frame',
] as const satisfies readonly (keyof Marks)[]

/**
 * Runs in a page before its own scripts: notes the instants in the tab's storage, which outlives a
 * change of page.
 */
export function noteInstants(): void {
  const note = (name: string) => {
    const marks = JSON.parse(sessionStorage.getItem('marks') ?? '{}')
    marks[name] ??= Date.now()
    sessionStorage.setItem('marks', JSON.stringify(marks))
  }
  if (location.pathname.startsWith('/session/')) note('page')

  addEventListener(
    'click',
    ({ target }) => {
      const button = target instanceof Element ? target.closest('button') : undefined
      if (button?.textContent?.trim() === 'Accept') note('started')
    },
    true,
  )
  addEventListener('begin', () => note('started'))

  const { fetch } = window
  window.fetch = async (...args) => {
    const answer = await fetch(...args)
    if (String(args[0]).endsWith('/accept')) note('accepted')
    return answer
  }

  const { mediaDevices } = navigator
  const getUserMedia = mediaDevices?.getUserMedia.bind(mediaDevices)
  if (getUserMedia) {
    mediaDevices.getUserMedia = async (wish) => {
      note('asked')
      const stream = await getUserMedia(wish)
      note('captured')
      return stream
    }
  }

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(config?: RTCConfiguration) {
      super(config)
      note('opened')
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') note('connected')
      })
    }
    override async setRemoteDescription(description: RTCSessionDescriptionInit) {
      await super.setRemoteDescription(description)
      note('described')
    }
  }

  const watched = new WeakSet<HTMLVideoElement>()
  const lookForVideo = () => {
    const video = document.querySelector('#remote-video')
    if (video instanceof HTMLVideoElement && !watched.has(video)) {
      watched.add(video)
      video.requestVideoFrameCallback(() => note('frame'))
    }
    requestAnimationFrame(lookForVideo)
  }
  lookForVideo()
}
