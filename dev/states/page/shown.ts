/** Says which state this page shows, by its address: `/dev/states/PAGE/NAME`. */
import { STATES } from './catalogue.ts'
import type { State } from './state.ts'

/** Returns the state. Throws where the catalogue has none of that name. */
export function shown(): State {
  const name = location.pathname.split('/').at(-1)
  const found = STATES.find((state) => state.name === name)
  if (!found) throw new Error(`There is no state "${name}".`)
  return found
}
