/** Draws the box by which a user accepts the terms, at registering and when they have changed. */
import { useId } from 'preact/hooks'

interface AcceptTermsProps {
  accepted: boolean
  onChange: (accepted: boolean) => void
  error?: string | undefined
}

/** Draws the box. Its links open beside the page, so that nothing typed is lost. */
export function AcceptTerms({ accepted, onChange, error }: AcceptTermsProps) {
  const id = useId()
  return (
    <div class="accept-terms">
      <label class="check">
        <input
          type="checkbox"
          name="acceptTerms"
          checked={accepted}
          onChange={(event) => onChange(event.currentTarget.checked)}
          aria-invalid={error ? 'true' : undefined}
          aria-describedby={error ? id : undefined}
        />
        <span>
          I am 18 or older and accept the <Beside path="/terms">terms</Beside> and the{' '}
          <Beside path="/privacy">privacy policy</Beside>
        </span>
      </label>
      {error && (
        <p id={id} class="error">
          {error}
        </p>
      )}
    </div>
  )
}

function Beside({ path, children }: { path: string; children: string }) {
  return (
    <a href={path} target="_blank" rel="noopener">
      {children}
    </a>
  )
}
