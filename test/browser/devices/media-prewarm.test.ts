/** Tests devices that are opened ahead of a call. */
import { describe, expect, it, vi } from 'vitest'
import { firstWish } from '../../../browser/call/media/media.ts'
import { createMediaPrewarm } from '../../../browser/devices/media-prewarm.ts'
import { waitFor } from '../../support/wait-for.ts'

function start(given: () => Promise<MediaStream>) {
  const getMedia = vi.fn(given)
  return { getMedia, head: createMediaPrewarm(getMedia) }
}

function stream() {
  const stop = vi.fn()
  return { stop, media: { getTracks: () => [{ stop }] } as unknown as MediaStream }
}

const wish = firstWish('video', { cameraId: 'front' })

describe('the devices’ head start', () => {
  it('hands over what was asked for before, once', async () => {
    const one = stream()
    const { getMedia, head } = start(async () => one.media)
    head.ask('video', { cameraId: 'front' })
    expect(await head.getMedia({ ...wish })).toBe(one.media)
    expect(getMedia).toHaveBeenCalledExactlyOnceWith(wish)
    await head.getMedia({ ...wish })
    expect(getMedia).toHaveBeenCalledTimes(2)
    expect(one.stop).not.toHaveBeenCalled()
  })

  it('gives the devices back when something else is wanted, or nothing', async () => {
    const one = stream()
    const { head } = start(async () => one.media)
    head.ask('video', {})
    await head.getMedia({ audio: true })
    await waitFor(() => expect(one.stop).toHaveBeenCalledTimes(1))
    head.ask('voice', {})
    head.drop()
    await waitFor(() => expect(one.stop).toHaveBeenCalledTimes(2))
  })

  it('reports a refusal to callers that ask, and only to them', async () => {
    const { head } = start(() => Promise.reject(new DOMException('No.', 'NotAllowedError')))
    head.ask('voice', {})
    await expect(head.getMedia(firstWish('voice', {}) ?? {})).rejects.toThrow('No.')
    head.ask('voice', {})
    head.drop()
  })

  it('asks for nothing for a chat', () => {
    const { getMedia, head } = start(async () => stream().media)
    head.ask('chat', {})
    expect(getMedia).not.toHaveBeenCalled()
  })
})
