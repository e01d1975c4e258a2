/** Keeps one peer connection to the other page and replaces it when needed. */
import type { Candidate, Description } from '../../shared/protocol/socket.ts'
import type { IceView, Link } from './link.ts'
import { originOf } from './media/sdp.ts'

interface PeerSessionParts {
  /**
   * Settles once a connection may be opened, with whether we are the polite side; signals wait
   * until then.
   */
  ready: Promise<boolean>
  openLink(polite: boolean): Link
  onError(error: unknown): void
}

/**
 * Connects the two pages of a session, over several connections in turn. Signals are processed one
 * by one.
 */
export interface PeerSession {
  /** Returns the current connection, if there is one. */
  link(): Link | undefined
  /** Negotiates when both pages can receive each other's signals (again). */
  meet(): void
  hear(description: Description): void
  hearCandidate(candidate: Candidate | null): void
  useIce(ice: IceView): void
  /** Replaces the connection, on the side that offers; the other page follows the new offer. */
  rebuild(): void
  enqueue(task: () => Promise<unknown>): void
  close(): void
}

/**
 * Keeps one connection to the other page and replaces it when that page was reloaded, which shows
 * in descriptions that another connection wrote. The reader, who offers first, learns it from the
 * `answer` to a new offer.
 */
export function createPeerSession({ ready, openLink, onError }: PeerSessionParts): PeerSession {
  let link: Link | undefined
  let closed = false
  let tail: Promise<unknown> = ready
  const gone = new Set<string>()

  const enqueue = (task: (polite: boolean) => Promise<unknown>) => {
    tail = tail
      .then(async () => (closed ? undefined : task(await ready)))
      .catch((error) => closed || onError(error))
  }
  const meet = async (polite: boolean) => {
    link ??= openLink(polite)
    await link.meet()
    return link
  }
  const rebuild = async (polite: boolean) => {
    link?.close()
    link = undefined
    return meet(polite)
  }
  const hear = async (polite: boolean, description: Description) => {
    if (gone.has(connectionOf(description.sdp) ?? '')) return
    const current = link ?? (await meet(polite))
    if ((await current.hear(description)) === 'heard' || closed) return
    // On the answering side, the first signal of a new page can only be an offer.
    if (polite && description.type !== 'offer') return
    const old = connectionOf(current.remoteSdp())
    if (old && old !== connectionOf(description.sdp)) gone.add(old)
    const next = await rebuild(polite)
    if (polite) await next.hear(description)
  }

  return {
    link: () => link,
    meet: () => enqueue(meet),
    hear: (description) => enqueue((polite) => hear(polite, description)),
    hearCandidate: (candidate) => enqueue(async () => link?.hearCandidate(candidate)),
    useIce: (ice) => enqueue(async () => link?.useIce(ice)),
    rebuild: () => enqueue(async (polite) => polite || rebuild(polite)),
    enqueue,
    close: () => {
      closed = true
      link?.close()
    },
  }
}

function connectionOf(sdp: string | undefined): string | undefined {
  return sdp === undefined ? undefined : originOf(sdp)?.connection
}
