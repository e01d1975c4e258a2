/** Draws the box by which a user accepts the terms, at registering and when they have changed. */
import { CheckBox } from './field.tsx'

interface AcceptTermsProps {
  accepted: boolean
  onChange: (accepted: boolean) => void
  error?: string | undefined
}

/** Draws the box. Its links open beside the page, so that nothing typed is lost. */
export function AcceptTerms({ accepted, onChange, error }: AcceptTermsProps) {
  return (
    <CheckBox
      name="acceptTerms"
      checked={accepted}
      onChange={onChange}
      error={error}
      className="accept-terms"
    >
      I am 18 or older and accept the <Beside path="/terms">terms</Beside> and the{' '}
      <Beside path="/privacy">privacy policy</Beside>
    </CheckBox>
  )
}

function Beside({ path, children }: { path: string; children: string }) {
  return (
    <a href={path} target="_blank" rel="noopener">
      {children}
    </a>
  )
}
