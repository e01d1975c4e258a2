/** Draws the log-in by passkey above the form, and offers passkeys at its email field. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Api, Entered } from '../lib/api.ts'
import type { Answer } from '../lib/http.ts'
import { Icon } from '../ui/icon.tsx'
import { knowsPasskeys, offerPasskeys, type PasskeyLogInOffer } from './passkeys.ts'

interface PasskeyLogInProps {
  api: Api
  onDone: (answer: Answer<Entered>) => void
}

export function PasskeyLogIn({ api, onDone }: PasskeyLogInProps) {
  const isAsking = useSignal(false)
  const offer = useRef<PasskeyLogInOffer>(undefined)
  useEffect(() => {
    offer.current = offerPasskeys(api, onDone)
    return offer.current.end
  }, [])
  if (!knowsPasskeys()) return null
  const ask = async () => {
    if (isAsking.value || !offer.current) return
    isAsking.value = true
    onDone(await offer.current.logIn())
    isAsking.value = false
  }
  return (
    <>
      <button type="button" class="button wide" aria-disabled={isAsking.value} onClick={() => void ask()}>
        <Icon name="passkey" />
        Log in with a passkey
      </button>
      <p class="or">
        <span>or</span>
      </p>
    </>
  )
}
