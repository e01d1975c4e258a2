/** Tests what a page shows of several responses. */
import { signal } from '@preact/signals'
import { describe, expect, it } from 'vitest'
import { type Loading, load, put, waiting } from '../../../browser/lib/loading.ts'
import { lateAnswers } from '../page-fakes.ts'

function openPlace() {
  const place = signal<Loading<string>>(waiting)
  const responses = lateAnswers<string>()
  return { place, ...responses, load: () => load(place, responses.ask) }
}

describe('what is loaded again while it is still being loaded', () => {
  it('is shown as the later request found it, whichever response comes first', async () => {
    const { place, load, come } = openPlace()
    const loaded = Promise.all([load(), load()])
    come(1, 'new')
    come(0, 'old')
    await loaded
    expect(place.value).toEqual({ state: 'ready', value: 'new' })
  })

  it('is shown as it comes while the later response is on its way or fails', async () => {
    const { place, load, come, fail } = openPlace()
    const first = load()
    const second = load()
    come(0, 'old')
    await first
    expect(place.value).toEqual({ state: 'ready', value: 'old' })
    fail(1, 'offline')
    await second
    expect(place.value).toEqual({ state: 'ready', value: 'old' })
  })

  it('is asked for once more where it was changed here meanwhile', async () => {
    const { place, load, come } = openPlace()
    const loaded = load()
    put(place, 'changed')
    come(0, 'from before the change')
    expect(place.value).toEqual({ state: 'ready', value: 'changed' })
    await new Promise((resolve) => setTimeout(resolve))
    expect(place.value).toEqual({ state: 'ready', value: 'changed' })
    come(1, 'changed, and more')
    await loaded
    expect(place.value).toEqual({ state: 'ready', value: 'changed, and more' })
  })

  it('fails only where nothing is shown', async () => {
    const { place, load, fail } = openPlace()
    const loaded = load()
    fail(0, 'offline')
    await loaded
    expect(place.value).toEqual({ state: 'failed', failure: { code: 'offline' } })
  })
})
