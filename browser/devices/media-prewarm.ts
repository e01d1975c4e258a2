import type { SessionKind } from '../../shared/protocol/session.ts'
import { firstWish } from '../call/media/media.ts'
import type { CallWorld, ChosenDevices } from '../call/types.ts'

type GetMedia = CallWorld['getMedia']

export interface HeadStart {
  /** Asks for the devices of such a session now, because they will be wanted in a moment. */
  ask(kind: SessionKind, chosen: ChosenDevices): void
  /** They are not wanted after all. */
  drop(): void
  /** As the browser's own; what was asked for before is handed over to whoever asks for just that first. */
  getMedia: GetMedia
}

/** Lets the devices start while the server is still being told that the session is accepted. */
export function createHeadStart(getMedia: GetMedia): HeadStart {
  let asked: { readonly wish: string; readonly media: Promise<MediaStream> } | undefined

  const take = () => {
    const taken = asked
    asked = undefined
    return taken
  }
  const drop = () => {
    take()?.media.then(
      (stream) => {
        for (const track of stream.getTracks()) track.stop()
      },
      // Nothing was given, so nothing has to be given back.
      () => undefined,
    )
  }
  return {
    ask: (kind, chosen) => {
      drop()
      const wish = firstWish(kind, chosen)
      if (!wish) return
      const media = getMedia(wish)
      // Whoever asks next hears of it; until then it is nobody's fault.
      media.catch(() => undefined)
      asked = { wish: JSON.stringify(wish), media }
    },
    drop,
    getMedia: (wish) => {
      if (asked?.wish === JSON.stringify(wish)) return take()?.media ?? getMedia(wish)
      drop()
      return getMedia(wish)
    },
  }
}
