import { SessionControls } from './controls.tsx'
import { Pictures } from './pictures.tsx'
import { Sound } from './player.tsx'
import { PeerState, QualityMark } from './quality.tsx'
import type { SessionBoard } from './store.ts'
import { VoiceOnly } from './voice.tsx'

/** The two people: their pictures, or how loud they are when there is only a voice. */
export function SessionStage({ board }: { board: SessionBoard }) {
  const { kind, readerName, clientName } = board.session.value
  const other = board.iAmReader ? clientName : readerName
  const { call } = board
  return (
    <section class="stage" aria-label="Call">
      {kind === 'video' ? (
        <Pictures board={board} other={other} />
      ) : (
        <VoiceOnly board={board} other={other} />
      )}
      <div class="stage-top">
        <QualityMark quality={call.quality.value} />
        <PeerState media={call.peer.value} name={other} withPicture={kind === 'video'} />
      </div>
      <Sound stream={call.remoteStream.value} speakerId={call.speakerId.value} name={other} />
      <SessionControls board={board} />
    </section>
  )
}
