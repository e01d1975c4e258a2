import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Avatar } from './parts/avatar.tsx'
import { Icon } from './parts/icon.tsx'
import type { SessionBoard } from './session-board.ts'
import { OptionsButton } from './session-options-button.tsx'

/** The two people: their pictures, or the other's initials when there is only a voice. */
export function SessionStage({ board }: { board: SessionBoard }) {
  const { kind, readerName, clientName } = board.session.value
  const other = board.iAmReader ? clientName : readerName
  return (
    <section class="stage" aria-label="Call">
      {kind === 'video' ? (
        <Pictures board={board} other={other} />
      ) : (
        <VoiceOnly board={board} other={other} />
      )}
      <Controls board={board} />
    </section>
  )
}

function Pictures({ board, other }: { board: SessionBoard; other: string }) {
  const remote = board.remoteStream.value
  const local = board.localStream.value
  const remotePlayer = usePlayer(remote)
  const localPlayer = usePlayer(local)
  const corner = board.selfView.value
  const hidden = corner === 'hidden' || !local || board.cameraOff.value || local.getVideoTracks().length === 0
  return (
    <div class="pictures">
      {!remote && <Avatar name={other} size="large" />}
      <Player as="video" id="remote-video" player={remotePlayer} name={other} />
      <video
        id="local-video"
        class={hidden ? 'hidden' : corner}
        ref={localPlayer.ref}
        autoplay
        playsInline
        muted
        aria-label="You, as the other person sees you"
      />
      {remotePlayer.silent && <TapToHear play={remotePlayer.play} />}
    </div>
  )
}

function VoiceOnly({ board, other }: { board: SessionBoard; other: string }) {
  const player = usePlayer(board.remoteStream.value)
  return (
    <div class="voice-only">
      <div class={board.told.value.running ? 'halo' : 'halo still'}>
        <Avatar name={other} size="large" />
      </div>
      <p>
        <bdi>{other}</bdi>
      </p>
      <Player as="audio" id="remote-audio" player={player} name={other} />
      {player.silent && <TapToHear play={player.play} />}
    </div>
  )
}

function TapToHear({ play }: { play: () => void }) {
  return (
    <button type="button" class="button primary tap-to-hear" onClick={play}>
      <Icon name="sound" />
      Tap to hear
    </button>
  )
}

interface PlayerProps {
  as: 'audio' | 'video'
  id: string
  player: ReturnType<typeof usePlayer>
  name: string
}

/** What comes from the other person, as it is said: there is nothing to caption it from. */
function Player({ as: Element, id, player, name }: PlayerProps) {
  return <Element id={id} ref={player.ref} autoplay playsInline aria-label={name} />
}

/** Plays a stream in an element; `silent` tells that the browser wants a tap first. */
function usePlayer(stream: MediaStream | undefined) {
  const ref = useRef<HTMLVideoElement>(null)
  const silent = useSignal(false)
  const play = () => {
    ref.current?.play().then(
      () => (silent.value = false),
      // A newer stream interrupts the one before it; only a refusal needs the person.
      (error: unknown) => (silent.value = error instanceof DOMException && error.name === 'NotAllowedError'),
    )
  }
  useEffect(() => {
    if (!ref.current) return
    ref.current.srcObject = stream ?? null
    if (stream) play()
  }, [stream])
  return { ref, silent: silent.value, play }
}

function Controls({ board }: { board: SessionBoard }) {
  const muted = board.muted.value
  const off = board.cameraOff.value
  return (
    <div class="controls">
      <button type="button" class="button" aria-pressed={muted} onClick={board.toggleMute}>
        <Icon name={muted ? 'mic-off' : 'mic'} />
        Mute
      </button>
      {board.session.value.kind === 'video' && (
        <button type="button" class="button" aria-pressed={off} onClick={board.toggleCamera}>
          <Icon name={off ? 'camera-off' : 'camera'} />
          Camera off
        </button>
      )}
      <OptionsButton board={board} />
    </div>
  )
}
