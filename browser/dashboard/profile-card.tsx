/** Draws what clients see of a reader, with a form to change it. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { BIO_MAX, SPECIALITY_MAX } from '../../shared/bounds.ts'
import type { ReaderView, UserView } from '../../shared/protocol/views.ts'
import type { FieldError } from '../home/check.ts'
import { formatRate } from '../lib/format.ts'
import { sayFailure } from '../lib/messages.ts'
import { About } from '../ui/about.tsx'
import { say } from '../ui/announcements.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Field } from '../ui/field.tsx'
import { FormActions } from '../ui/form-actions.tsx'
import { useFormFocus, useSending } from '../ui/forms.ts'
import { TextArea } from '../ui/text-area.tsx'
import type { ReaderPresence } from './reader-presence.ts'

export function ProfileCard({ presence }: { presence: ReaderPresence }) {
  const editing = useSignal(false)
  const user = presence.user.value
  return (
    <section class="profile card" aria-labelledby="profile-title">
      <h2 id="profile-title">How clients see you</h2>
      {editing.value ? (
        <ProfileForm presence={presence} close={() => (editing.value = false)} />
      ) : (
        <>
          <Preview {...previewOf(user)} />
          {!user.speciality && !user.bio && (
            <p class="hint">A speciality and a few words help clients choose you.</p>
          )}
          <button type="button" class="button" onClick={() => (editing.value = true)}>
            Edit profile
          </button>
        </>
      )}
    </section>
  )
}

type Seen = Pick<ReaderView, 'name' | 'rateCents' | 'speciality' | 'bio'>

const previewOf = ({ name, rateCents = 0, speciality = '', bio = '' }: UserView): Seen => ({
  name,
  rateCents,
  speciality,
  bio,
})

function Preview(seen: Seen) {
  return (
    <div class="preview">
      <Avatar name={seen.name} size="large" />
      <div>
        <p>
          {seen.name && (
            <>
              <b>
                <bdi>{seen.name}</bdi>
              </b>
              ,{' '}
            </>
          )}
          {formatRate(seen.rateCents)}
        </p>
        <About reader={seen} />
      </div>
    </div>
  )
}

function ProfileForm({ presence, close }: { presence: ReaderPresence; close: () => void }) {
  const { speciality = '', bio = '', ...user } = presence.user.value
  const draft = useSignal({ name: user.name, speciality, bio })
  const errors = useSignal<readonly FieldError[]>([])
  const failure = useSignal('')
  const form = useRef<HTMLFormElement>(null)
  const { sending, send } = useSending()
  useFormFocus(form)
  const save = async (event: Event) => {
    event.preventDefault()
    const answer = await send(() => presence.change(draft.value))
    if (!answer) return
    if (answer.ok) {
      say('Your profile is saved.')
      return close()
    }
    errors.value = answer.failure.errors ?? []
    failure.value = errors.value.length > 0 ? '' : sayFailure(answer.failure)
  }
  const bind = (name: 'name' | 'speciality' | 'bio') => ({
    name,
    value: draft.value[name],
    onValue: (value: string) => {
      draft.value = { ...draft.value, [name]: value }
    },
    error: errors.value.find(({ path }) => path === name)?.message,
  })
  return (
    <form ref={form} class="profile-form" noValidate onSubmit={save}>
      <Field label="Display name" autocomplete="nickname" {...bind('name')} />
      <Field
        label="Speciality"
        hint={`Up to ${SPECIALITY_MAX} characters, like “Tarot and love”.`}
        {...bind('speciality')}
      />
      <TextArea label="About your readings" hint={`Up to ${BIO_MAX} characters.`} {...bind('bio')} />
      <p class="hint">Clients will see:</p>
      <Preview {...previewOf({ ...user, ...draft.value })} />
      {failure.value && <p class="error">{failure.value}</p>}
      <FormActions submit="Save profile" sending={sending} close={close} />
    </form>
  )
}
