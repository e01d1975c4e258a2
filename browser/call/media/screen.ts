interface ScreenParts {
  /** Asks the person for a screen or a window; rejects as `getDisplayMedia` does. */
  getDisplay(): Promise<MediaStream>
  onChange(): void
  onError(error: unknown): void
}

export interface Screen {
  /** What is being shown of the screen. */
  track(): MediaStreamTrack | undefined
  share(on: boolean): Promise<void>
  stop(): void
}

// What a person's "no" is called by the browsers.
const DECLINED: readonly string[] = ['NotAllowedError', 'AbortError', 'InvalidStateError']

/** The screen that is shown in place of the camera, until the person or the browser's own button ends it. */
export function createScreen({ getDisplay, onChange, onError }: ScreenParts): Screen {
  let shown: MediaStreamTrack | undefined
  let wanted = false

  const letGo = () => {
    if (!shown) return
    shown.onended = null
    shown.stop()
    shown = undefined
    onChange()
  }
  const show = (stream: MediaStream) => {
    const [track] = stream.getVideoTracks()
    if (!wanted || shown) return track?.stop()
    shown = track
    if (!shown) return
    // Written words must stay legible, even if they move less smoothly.
    shown.contentHint = 'detail'
    shown.onended = () => {
      wanted = false
      letGo()
    }
    onChange()
  }
  return {
    track: () => shown,
    share: async (on) => {
      if (on && wanted) return
      wanted = on
      if (!on) return letGo()
      try {
        show(await getDisplay())
      } catch (error) {
        wanted = false
        if (!(error instanceof Error && DECLINED.includes(error.name))) onError(error)
      }
    },
    stop: () => {
      wanted = false
      letGo()
    },
  }
}
