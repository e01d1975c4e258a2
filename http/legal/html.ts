/** Builds pages of plain text that need no script: markup whose values are escaped, and the frame. */

/** Markup that is safe to send: made by {@link html} alone. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = string | number | Html | readonly Html[]

/** Returns markup; every value in it is escaped unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.reduce((text, part, at) => `${text}${markupOf(values[at - 1] ?? '')}${part}`))
}

function markupOf(value: Value): string {
  if (value instanceof Html) return value.text
  if (typeof value === 'string' || typeof value === 'number') return escaped(`${value}`)
  return value.map(({ text }) => text).join('\n')
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
}

export interface TextPage {
  readonly title: string
  /** Its sentence in the results of a search. */
  readonly about: string
  readonly body: Html
}

const LINKS = [
  ['/terms', 'Terms'],
  ['/privacy', 'Privacy'],
  ['/refunds', 'Refunds'],
  ['/help', 'Help'],
] as const

/** Returns the foot of every page: in the files of `public/` it is written out. */
const FOOT = html`<footer class="foot">
      <p>For entertainment purposes. 18 and older.</p>
      <nav aria-label="About SoulSeer">
        ${LINKS.map(([path, name]) => html`<a href="${path}">${name}</a>`)}
      </nav>
    </footer>`

/** Returns a whole page, in the look of the others. */
export function pageOf({ title, about, body }: TextPage): string {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
    <title>${title} · SoulSeer</title>
    <meta name="description" content="${about}" />
    <meta name="color-scheme" content="dark light" />
    <meta name="theme-color" content="#110e18" />
    <script src="/theme.js"></script>
    <link rel="icon" href="/icon.svg" type="image/svg+xml" />
    <link rel="apple-touch-icon" href="/icon-192.png" />
    <link rel="preload" href="/fonts/figtree.woff2" as="font" type="font/woff2" crossorigin />
    <link rel="preload" href="/fonts/newsreader.woff2" as="font" type="font/woff2" crossorigin />
    <link rel="stylesheet" href="/style.css" />
  </head>
  <body data-page="text">
    <a class="skip" href="#main">Skip to content</a>
    <header class="top">
      <a class="brand" href="/"><img src="/icon.svg" alt="" width="32" height="32" />SoulSeer</a>
      <nav class="places" aria-label="Your pages"><a href="/dashboard">Dashboard</a></nav>
    </header>
    <main id="main" class="text">
      <h1>${title}</h1>
      ${body}
    </main>
    ${FOOT}
  </body>
</html>
`.text
}
