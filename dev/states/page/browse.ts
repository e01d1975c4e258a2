/** Draws the catalogue: the list of states, and the chosen one at the chosen width and theme. */
import { GROUPS, STATES } from './catalogue.ts'
import type { State } from './state.ts'

const SIZES = ['390x844', '320x568', '844x390', '768x1024', '1280x800']
const THEMES = ['dark', 'light']
const TEXTS = ['100%', '200%']
const LINES = ['online', 'offline']

const query = new URLSearchParams(location.search)
const chosen = {
  state: STATES.find(({ name }) => name === query.get('state')) ?? STATES[0],
  size: query.get('size') ?? '390x844',
  theme: query.get('theme') ?? 'dark',
  text: query.get('text') ?? '100%',
  line: query.get('line') ?? 'online',
}

/** Returns the address of one state on its own. */
const addressOf = ({ page, name }: State) =>
  `/dev/states/${page}/${name}?${new URLSearchParams({
    theme: chosen.theme,
    text: chosen.text,
    ...(chosen.line === 'offline' ? { offline: 'yes' } : {}),
  })}`

/** Returns the address of the catalogue with something else chosen. */
const withOther = (change: Partial<Record<keyof typeof chosen, string>>) =>
  `?${new URLSearchParams({ ...chosen, state: chosen.state?.name ?? '', ...change })}`

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  given: Partial<HTMLElementTagNameMap[K]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), given)
  element.append(...children)
  return element
}

const link = (text: string, href: string, isCurrent: boolean) => {
  const made = make('a', { href, textContent: text })
  if (isCurrent) made.setAttribute('aria-current', 'true')
  return made
}

const choice = (what: 'size' | 'theme' | 'text' | 'line', values: readonly string[]) =>
  make('p', {}, ...values.map((value) => link(value, withOther({ [what]: value }), chosen[what] === value)))

function list(): HTMLElement {
  const groups = Object.entries(GROUPS).flatMap(([title, states]) => [
    make('h2', { textContent: `${title} (${states.length})` }),
    make(
      'ul',
      {},
      ...states.map((state) =>
        make('li', {}, link(state.name, withOther({ state: state.name }), state === chosen.state)),
      ),
    ),
  ])
  return make('nav', { ariaLabel: 'States' }, ...groups)
}

function frame(state: State): HTMLElement {
  const [width = '390', height = '844'] = chosen.size.split('x')
  const at = STATES.indexOf(state)
  const beside = [
    [STATES[at - 1], '← Before'],
    [STATES[at + 1], 'Next →'],
  ] as const
  return make(
    'main',
    {},
    make('h1', { textContent: state.name }),
    choice('size', SIZES),
    choice('theme', THEMES),
    choice('text', TEXTS),
    choice('line', LINES),
    make(
      'p',
      {},
      ...beside.flatMap(([other, text]) =>
        other ? [link(text, withOther({ state: other.name }), false)] : [],
      ),
      link('On its own', addressOf(state), false),
    ),
    make('iframe', { src: addressOf(state), title: state.name, width, height }),
  )
}

if (chosen.state) document.body.append(list(), frame(chosen.state))
document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'center' })
addEventListener('keydown', ({ key }) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key]
  const next = step && chosen.state && STATES[STATES.indexOf(chosen.state) + step]
  if (next) location.href = withOther({ state: next.name })
})
