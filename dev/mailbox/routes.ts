/** Shows the mails of a development server: `/dev/mailbox`. Never in production. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Router } from 'express'
import { escapeHtml } from '../../engine/mail/letter.ts'
import { type ReadMail, readMail } from './read.ts'

const MOST = 100
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
    if (req.accepts(['html', 'json']) === 'html') return void res.type('html').send(pageOf(mails))
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
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mailbox</title></head>
<body>
<h1>Mailbox</h1>
<p>Mails that would have left, newest first. Each is a file in DATA_DIR/mailbox.</p>
${each.join('\n') || '<p>None yet.</p>'}
</body>
</html>
`
}

const linked = (text: string): string =>
  escapeHtml(text).replace(/https?:\/\/[^\s&<]+/g, (address) => `<a href="${address}">${address}</a>`)
