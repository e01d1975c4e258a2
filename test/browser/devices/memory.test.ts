/** Tests what a browser remembers of devices. */
import { describe, expect, it } from 'vitest'
import { hasNothingToSend, mayRingAtOnce } from '../../../browser/devices/access.ts'
import { NO_DEVICES, rememberedDevices, sortOut } from '../../../browser/devices/environment.ts'
import { createDeviceMemory, findKnown } from '../../../browser/devices/memory.ts'
import { fakeStorage } from '../page-fakes.ts'

const headset = { id: 'h1', label: 'Headset' }
const builtIn = { id: 'b1', label: 'Built-in' }

function remembering() {
  const tab = fakeStorage()
  return { tab, memory: createDeviceMemory(() => tab) }
}

describe('the devices that a person chose', () => {
  it('are there on the next visit, each of its kind', () => {
    const { tab, memory } = remembering()
    memory.keep('microphone', headset)
    memory.keep('speaker', builtIn)
    expect(createDeviceMemory(() => tab).devices()).toEqual({ microphone: headset, speaker: builtIn })
  })

  it('are found by their id, and by their label when the browser has given a new id', () => {
    expect(findKnown([builtIn, headset], headset)).toBe(headset)
    expect(findKnown([builtIn, { id: 'h2', label: 'Headset' }], headset)).toEqual({
      id: 'h2',
      label: 'Headset',
    })
    expect(findKnown([builtIn], headset)).toBeUndefined()
    expect(findKnown([{ id: 'x', label: '' }], { id: 'gone', label: '' })).toBeUndefined()
  })

  it('are handed to the call by the ids they have now', async () => {
    const { memory } = remembering()
    memory.keep('microphone', headset)
    memory.keep('camera', { id: 'c1', label: 'Webcam' })
    const list = async () => ({ ...NO_DEVICES, microphone: [{ id: 'h2', label: 'Headset' }] })
    expect(await rememberedDevices({ list }, memory)).toEqual({ microphoneId: 'h2', cameraId: 'c1' })
  })

  it('are forgotten without harm where the browser keeps nothing, or something else was kept', () => {
    const refusing = createDeviceMemory(() => {
      throw new Error('storage is switched off')
    })
    refusing.keep('camera', headset)
    expect(refusing.devices()).toEqual({})
    for (const text of [
      'not json',
      '7',
      '{"devices":{"camera":{"id":1},"toaster":{"id":"a","label":"b"}}}',
    ]) {
      const { tab, memory } = remembering()
      tab.setItem('soulseer.devices', text)
      expect(memory.devices(), text).toEqual({})
      expect(memory.hasPassed(), text).toBe(false)
    }
  })
})

describe('the browser’s list of its devices', () => {
  it('is sorted by kind and named; what cannot be chosen yet is left out', () => {
    expect(
      sortOut([
        { kind: 'videoinput', deviceId: 'c1', label: 'Webcam' },
        { kind: 'audioinput', deviceId: '', label: '' },
        { kind: 'audiooutput', deviceId: 's1', label: '' },
      ]),
    ).toEqual({
      camera: [{ id: 'c1', label: 'Webcam' }],
      microphone: [],
      speaker: [{ id: 's1', label: 'Speaker 1' }],
    })
  })
})

describe('a ring', () => {
  const asked: string[] = []
  const browser = (told: Record<string, PermissionState | 'unknown'>) => async (device: string) => {
    asked.push(device)
    return told[device] ?? 'unknown'
  }

  it.each([
    ['video', { camera: 'granted', microphone: 'granted' }, true],
    ['video', { camera: 'prompt', microphone: 'granted' }, false],
    ['video', { camera: 'granted', microphone: 'denied' }, false],
    ['voice', { camera: 'denied', microphone: 'granted' }, true],
    ['voice', { microphone: 'prompt' }, false],
    ['chat', { camera: 'denied', microphone: 'denied' }, true],
  ] as const)('by %s starts at once only when all it needs is allowed: %o', async (kind, told, atOnce) => {
    const { memory } = remembering()
    expect(await mayRingAtOnce(kind, { query: browser(told), memory })).toBe(atOnce)
  })

  it('trusts an earlier check where the browser does not report permissions', async () => {
    const { memory } = remembering()
    const parts = { query: browser({}), memory }
    expect(await mayRingAtOnce('video', parts)).toBe(false)
    memory.pass()
    expect(await mayRingAtOnce('video', parts)).toBe(true)
  })

  it('by chat asks nothing at all', async () => {
    asked.length = 0
    await mayRingAtOnce('chat', { query: browser({}), memory: remembering().memory })
    expect(asked).toEqual([])
  })
})

describe('a reader who goes available', () => {
  it.each([
    ['a microphone and a camera', ['audioinput', 'videoinput'], [], false],
    ['a microphone alone', ['audioinput', 'audiooutput'], [], false],
    ['a camera alone', ['videoinput'], [], false],
    ['a speaker alone', ['audiooutput'], [], true],
    ['nothing', [], [], true],
    ['a microphone that is not allowed', ['audioinput'], ['microphone'], true],
    ['a camera beside a microphone that is not allowed', ['audioinput', 'videoinput'], ['microphone'], false],
    ['a browser that does not tell', undefined, [], false],
  ] as const)('with %s', async (_what, there, denied: readonly string[], nothing) => {
    const query = async (device: string) => (denied.includes(device) ? 'denied' : 'prompt') as PermissionState
    expect(await hasNothingToSend({ query, kinds: async () => there })).toBe(nothing)
  })
})
