/** Starts the devices before a call asks for them. */
import type { SessionKind } from '../../shared/protocol/session.ts'
import { firstWish } from '../call/media/media.ts'
import type { CallEnvironment, ChosenDevices } from '../call/types.ts'

type GetMedia = CallEnvironment['getMedia']

export interface MediaPrewarm {
  /** Asks for the devices of such a session now, because they will be needed in a moment. */
  ask(kind: SessionKind, chosen: ChosenDevices): void
  /** Frees them: they are not needed after all. */
  drop(): void
  /**
   * Works as the browser's own; the first call that asks for the same gets what was requested
   * early.
   */
  getMedia: GetMedia
}

/**
 * Creates the prewarm, which lets devices start while the server still processes the acceptance.
 */
export function createMediaPrewarm(getMedia: GetMedia): MediaPrewarm {
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
      // Nothing was given, so nothing has to be freed.
      () => undefined,
    )
  }
  return {
    ask: (kind, chosen) => {
      drop()
      const wish = firstWish(kind, chosen)
      if (!wish) return
      const media = getMedia(wish)
      // Marks the rejection as handled; the next caller still gets it.
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
