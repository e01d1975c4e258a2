/** Draws what a reader says about the readings, in the reader's own words. */
import type { ReaderView } from '../../shared/protocol/views.ts'

export function About({ reader }: { reader: Pick<ReaderView, 'speciality' | 'bio'> }) {
  return (
    <>
      {reader.speciality && (
        <p class="speciality" dir="auto">
          {reader.speciality}
        </p>
      )}
      {reader.bio && (
        <p class="bio" dir="auto">
          {reader.bio}
        </p>
      )}
    </>
  )
}
