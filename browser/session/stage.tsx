/** Draws the two people: their pictures, or how loud they are in a voice session. */
import { SessionControls } from './controls.tsx'
import { Pictures } from './pictures.tsx'
import { Sound } from './player.tsx'
import { PeerState, QualityMark, qualityOf } from './quality.tsx'
import type { SessionStore } from './store.ts'
import { VoiceOnly } from './voice.tsx'

export function SessionStage({ store }: { store: SessionStore }) {
  const { kind, readerName, clientName } = store.session.value
  const other = store.iAmReader ? clientName : readerName
  const { call } = store
  return (
    <section class="stage" aria-label="Call">
      {kind === 'video' ? (
        <Pictures store={store} other={other} />
      ) : (
        <VoiceOnly store={store} other={other} />
      )}
      <div class="stage-top">
        <QualityMark quality={qualityOf(store)} />
        <PeerState media={call.peer.value} name={other} withPicture={kind === 'video'} />
      </div>
      <Sound stream={call.remoteStream.value} speakerId={call.speakerId.value} name={other} />
      <SessionControls store={store} />
    </section>
  )
}
