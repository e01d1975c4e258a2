/** Draws what the pages of mailed links have in common. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Failure } from '../lib/http.ts'
import { sayFailure } from '../lib/messages.ts'
import { Alert, Said } from '../ui/alert.tsx'

/** Holds the parts of a page that a link opens. */
export interface LinkPageParts<A> {
  api: A
  /** Undefined where the address has none. */
  token: string | undefined
}

/** Draws one state of a page: each has a heading of its own, which gets the focus when it comes. */
export function State({ title, children }: { title: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [title])
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </>
  )
}

/** Draws a page whose address has no token, or no longer. */
export function NoToken() {
  return (
    <State title="Open the link in your email again">
      <p>This page needs the whole link, which is gone after a reload.</p>
      <p class="row">
        <a class="button" href="/">
          Go to SoulSeer
        </a>
      </p>
    </State>
  )
}

/** Draws a link that no longer works; `next` is what to do about it. */
export function Gone({ failure, next }: { failure: Failure; next: ComponentChildren }) {
  return (
    <State title="This link no longer works">
      <Failed failure={failure} next={next} />
    </State>
  )
}

/** Draws why something failed; `next` is what to do about a link that no longer works. */
export function Failed({ failure, next }: { failure: Failure; next?: ComponentChildren }) {
  return (
    <Alert>
      <p>
        <Said words={sayFailure(failure)} />
      </p>
      {failure.code === 'bad_token' && next}
    </Alert>
  )
}
