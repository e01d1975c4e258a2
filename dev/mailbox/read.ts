/** Reads mails as our composer writes them: a text and an HTML part. */

export interface ReadMail {
  readonly headers: ReadonlyMap<string, string>
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** Returns the parts of a message. It understands what we write, and no more of MIME. */
export function readMail(message: string): ReadMail {
  const { headers, body } = split(message)
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1]
  const parts = boundary === undefined ? [message] : body.split(`--${boundary}`).slice(1, -1)
  const ofType = (type: string): string => {
    const part = parts
      .map((each) => split(each.replace(/^\r?\n|\r?\n$/g, '')))
      .find((each) => isOf(each, type))
    return part ? decoded(part).replaceAll('\r\n', '\n') : ''
  }
  return {
    headers,
    to: (headers.get('to') ?? '').replace(/[<>]/g, ''),
    subject: headers.get('subject') ?? '',
    text: ofType('text/plain'),
    html: ofType('text/html'),
  }
}

interface Part {
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

const isOf = ({ headers }: Part, type: string): boolean =>
  (headers.get('content-type') ?? 'text/plain').startsWith(type)

function split(message: string): Part {
  const end = /\r?\n\r?\n/.exec(message)
  const head = message.slice(0, end?.index ?? message.length).replace(/\r?\n[ \t]+/g, ' ')
  const headers = head.split(/\r?\n/).map((line): [string, string] => {
    const at = line.indexOf(':')
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]
  })
  return { headers: new Map(headers), body: end ? message.slice(end.index + end[0].length) : '' }
}

function decoded({ headers, body }: Part): string {
  const encoding = headers.get('content-transfer-encoding')
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return body
  const bytes = body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
