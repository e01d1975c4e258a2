/** Writes a letter as text and as HTML, from the same parts. */

/** A piece of a letter. Every text in it is plain: {@link htmlOf} escapes it. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'button'; readonly label: string; readonly href: string }
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [name: string, value: string])[] }

export interface Letter {
  readonly subject: string
  readonly parts: readonly Part[]
}

/** Says who sends the mail, beneath every letter. */
export interface Foot {
  /** Why the user gets this mail. */
  readonly why: string
  /** The link by which such mails are switched off. */
  readonly switchOff?: string
  readonly supportEmail: string
  /** Name and postal address of who runs the site. */
  readonly owner: readonly string[]
}

export const text = (words: string): Part => ({ kind: 'text', text: words })
export const button = (label: string, href: string): Part => ({ kind: 'button', label, href })
export const facts = (...rows: (readonly [string, string])[]): Part => ({ kind: 'facts', rows })

/** Returns the letter for mail programs that show text alone. */
export function textOf({ parts }: Letter, foot: Foot): string {
  const body = parts.map((part) => {
    if (part.kind === 'text') return part.text
    if (part.kind === 'button') return `${part.label}:\n${part.href}`
    return part.rows.map(([name, value]) => `${name}: ${value}`).join('\n')
  })
  return `${[...body, ['-- ', ...footLines(foot)].join('\n')].join('\n\n')}\n`
}

/**
 * Returns the letter as HTML: without pictures, scripts or anything from elsewhere, in the colours
 * of the reader's own theme.
 */
export function htmlOf({ subject, parts }: Letter, foot: Foot): string {
  const body = parts.map(partHtml).join('\n')
  const small = footLines(foot).map(linked).join('<br>\n')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title>
<style>${STYLE}</style>
</head>
<body class="page" style="margin:0;padding:24px 12px;${FONT}">
<div class="card" style="max-width:520px;margin:0 auto;padding:24px;border:1px solid #8886;border-radius:12px">
<p style="margin:0 0 20px;font-weight:600;font-size:18px">SoulSeer</p>
${body}
</div>
<p class="small" style="max-width:520px;margin:16px auto 0;padding:0 24px;font-size:13px;line-height:1.5">
${small}
</p>
</body>
</html>
`
}

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:16px;line-height:1.5"

// Without any of this, a mail program shows its own colours: nothing here is needed to read it.
const STYLE = `
:root{color-scheme:light dark;supported-color-schemes:light dark}
.page{background:#f6f4f9;color:#1d1826}.card{background:#fff}.small,.name{color:#5d5668}
.button{background:#5b3fa8;color:#fff}a{color:#5b3fa8}
@media (prefers-color-scheme:dark){.page{background:#14101c;color:#ece8f4}.card{background:#1e1929}
.small,.name{color:#a9a1b8}.button{background:#cbb8ff;color:#1d1826}a{color:#cbb8ff}}
`

function partHtml(part: Part): string {
  if (part.kind === 'text') return `<p style="margin:0 0 16px">${linked(part.text)}</p>`
  if (part.kind === 'button') {
    const style =
      'display:inline-block;padding:12px 20px;border-radius:8px;font-weight:600;text-decoration:none'
    const href = escapeHtml(part.href)
    // The bare address below is for programs that cut the button away.
    return `<p style="margin:0 0 8px"><a class="button" style="${style}" href="${href}">${escapeHtml(part.label)}</a></p>
<p class="small" style="margin:0 0 16px;font-size:13px;word-break:break-all">${href}</p>`
  }
  const rows = part.rows.map(
    ([name, value]) =>
      `<tr><td class="name" style="padding:4px 16px 4px 0;vertical-align:top;white-space:nowrap">${escapeHtml(name)}</td>` +
      `<td style="padding:4px 0">${escapeHtml(value)}</td></tr>`,
  )
  return `<table style="margin:0 0 16px;border-collapse:collapse">${rows.join('')}</table>`
}

function footLines({ why, switchOff, supportEmail, owner }: Foot): string[] {
  return [
    why,
    ...(switchOff === undefined ? [] : [`Switch these mails off: ${switchOff}`]),
    `Questions? Reply to this mail, or write to ${supportEmail}.`,
    ...owner,
  ]
}

/** Returns a line with its address as a link, where it ends with one. */
function linked(line: string): string {
  const [, before = '', address = ''] = /^(.*: )(https?:\/\/\S+)$/.exec(line) ?? []
  if (address === '') return escapeHtml(line)
  return `${escapeHtml(before)}<a href="${escapeHtml(address)}">${escapeHtml(address)}</a>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Returns a plain text for a place in HTML, also within quotes. */
export const escapeHtml = (plain: string): string =>
  plain.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
