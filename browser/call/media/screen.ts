/** Shares the screen in place of the camera. */
interface ScreenParts {
  /** Asks the user for a screen or a window; rejects as `getDisplayMedia` does. */
  getDisplay(): Promise<MediaStream>
  onChange(): void
  onError(error: unknown): void
}

export interface Screen {
  /** Returns the track that is being shared, if any. */
  track(): MediaStreamTrack | undefined
  share(on: boolean): Promise<void>
  stop(): void
}

// The names of the errors by which browsers report that the user declined.
const DECLINED: readonly string[] = ['NotAllowedError', 'AbortError', 'InvalidStateError']

/** Creates the screen share, which lasts until the user or the browser's own button ends it. */
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
    // Text must stay legible, even if it moves less smoothly.
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
