/** Tests the queue of alarms, ordered by instant. */
import { expect, it } from 'vitest'
import { createWaiting } from '../../../adapters/system/timers.ts'
import fc from '../../support/properties.ts'

it('gives what was added by its instant, whatever comes and goes between', () => {
  const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant('take' as const)))
  fc.assert(
    fc.property(steps, (made) => {
      const waiting = createWaiting<{ instant: number }>()
      const plain: number[] = []
      for (const step of made) {
        if (step === 'take') {
          waiting.takeFirst()
          plain.shift()
        } else {
          waiting.add({ instant: step })
          plain.push(step)
          plain.sort((a, b) => a - b)
        }
        expect(waiting.first()?.instant).toBe(plain[0])
      }
    }),
  )
})

it('has nothing first where nothing waits', () => {
  const waiting = createWaiting()
  waiting.takeFirst()
  expect(waiting.first()).toBeUndefined()
})
