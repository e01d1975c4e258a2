import type { ReaderView } from '../../shared/protocol/views.ts'

/** What a reader tells about the readings, in the reader's own words. */
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
