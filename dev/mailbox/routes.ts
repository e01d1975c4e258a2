/** Shows the mails of a development server: `/dev/mailbox`. Never in production. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Router } from 'express'
import { escapeHtml } from '../../engine/mail/letter.ts'
import { type ReadMail, readMail } from './read.ts'

const MOST = 100
const LIST_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
const MAIL_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-top-navigation-by-user-activation"

interface KeptMail extends ReadMail {
  readonly number: string
}

/** Creates the routes over the folder of the mailbox. */
export function mailboxRoutes({ folder }: { folder: string }): Router {
  const router = Router()

  router.get('/', (req, res) => {
    const mails = newestFirst(folder)
    if (req.accepts(['html', 'json']) === 'html') {
      res.set('Content-Security-Policy', LIST_POLICY)
      return void res.type('html').send(pageOf(mails))
    }
    res.json({ mails: mails.map(({ number, to, subject, text }) => ({ number, to, subject, text })) })
  })

  router.get('/:number', (req, res, next) => {
    const mail = newestFirst(folder).find(({ number }) => number === req.params.number)
    if (!mail) return next()
    res.set('Content-Security-Policy', MAIL_POLICY)
    res.type('html').send(mail.html)
  })

  return router
}

function newestFirst(folder: string): KeptMail[] {
  return namesIn(folder)
    .sort()
    .slice(-MOST)
    .reverse()
    .map((name) => ({
      number: name.slice(0, -'.eml'.length),
      ...readMail(readFileSync(join(folder, name), 'utf8')),
    }))
}

/** Returns the names of the mails; none where none was ever sent. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d{6}\.eml$/.test(name))
  } catch {
    return []
  }
}

const STYLE = `
body{margin:0;font:1rem/1.5 system-ui,sans-serif}main{max-width:44rem;margin:0 auto;padding:1rem}
article{padding:1rem 0;border-top:1px solid #8888}h2{margin:0;font-size:1.125rem}article p{margin:0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:.875rem/1.5 ui-monospace,monospace}
`

function pageOf(mails: readonly KeptMail[]): string {
  const each = mails.map(
    ({ number, to, subject, text }) => `<article>
<h2><a href="/dev/mailbox/${number}">${escapeHtml(subject)}</a></h2>
<p>${number}, to ${escapeHtml(to)}</p>
<pre>${linked(text)}</pre>
</article>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Mailbox</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Mailbox</h1>
<p>Mails that would have left, newest first. Each is a file in DATA_DIR/mailbox.</p>
${each.join('\n') || '<p>None yet.</p>'}
</main>
</body>
</html>
`
}

const linked = (text: string): string =>
  escapeHtml(text).replace(/https?:\/\/[^\s&<]+/g, (address) => `<a href="${address}">${address}</a>`)
