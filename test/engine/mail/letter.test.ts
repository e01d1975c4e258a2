/** Tests what every template writes, as text and as HTML. */
import { describe, expect, it } from 'vitest'
import type { MailTemplate } from '../../../domain/mail.ts'
import { htmlOf, textOf } from '../../../engine/mail/letter.ts'
import type { Template } from '../../../engine/mail/template.ts'
import { TEMPLATES } from '../../../engine/mail/templates.ts'

const EVIL = `<img src=x onerror=alert(1)>"'&`
const ORIGIN = 'https://soulseer.app'

/** Values for any template, hostile where a person chooses them. */
const FACTS = {
  device: EVIL,
  newEmail: 'new@example.com',
  name: EVIL,
  balanceCents: 4200,
  thresholdCents: 500,
  dailyCapCents: 6000,
  topUpId: 'topup-1',
  amountCents: 2000,
  creditedAt: 1_764_400_000_000,
  card: 'visa, ends in 4242',
  sessionId: 's1',
  readerId: 'r1',
  readerName: EVIL,
  kind: 'video',
  startedAt: 1_764_400_000_000,
  billedMs: 754_300,
  rateCents: 399,
  chargedCents: 5016,
  intervalMs: 60_000,
  consent: 'Top up automatically.',
  last4: '4242',
  because: 'operator',
}

function write(template: MailTemplate, more: object = {}) {
  const { link, why, canBeSwitchedOff, write } = TEMPLATES[template] as Template<MailTemplate>
  const about = {
    link: link ? `${ORIGIN}${link.path}#TOKEN` : '',
    origin: ORIGIN,
    supportEmail: 'support@soulseer.app',
    at: '29 Nov 2026 16:00 UTC',
  }
  const letter = write({ ...FACTS, ...more } as never, about)
  const foot = {
    why,
    supportEmail: about.supportEmail,
    owner: ['Ada Owner', '1 Main Street'],
    ...(canBeSwitchedOff ? { switchOff: `${ORIGIN}/unsubscribe#TOKEN` } : {}),
  }
  return { letter, text: textOf(letter, foot), html: htmlOf(letter, foot) }
}

const names = Object.keys(TEMPLATES) as MailTemplate[]

describe.each(names)('the mail %s', (name) => {
  const { letter, text, html } = write(name)

  it('lets no value become HTML, and nobody choose its subject', () => {
    expect(html).not.toContain('<img')
    expect(html).not.toContain(EVIL)
    expect(letter.subject).not.toContain(EVIL)
    expect(letter.subject.length).toBeLessThan(60)
  })

  it('loads nothing, runs nothing, and links to our own pages alone', () => {
    expect(html).not.toMatch(/<(?:img|script|link|iframe|form|object)|<[^>]*\ssrc=|url\(|@import/i)
    const addresses = `${text} ${html}`.match(/https?:\/\/[^\s"<]+/g) ?? []
    expect(addresses.filter((address) => !address.startsWith(ORIGIN))).toEqual([])
    expect(addresses.filter((address) => /[?&]/.test(address))).toEqual([])
  })

  it('says in its text what its HTML says, who sends it, and how to write back', () => {
    for (const line of ['support@soulseer.app', 'Ada Owner', '1 Main Street']) {
      expect(text).toContain(line)
      expect(html).toContain(line)
    }
    expect(text.includes('#TOKEN')).toBe(html.includes('#TOKEN'))
  })

  it('has colours for both themes', () => {
    expect(html).toContain('prefers-color-scheme:dark')
    expect(html).toContain('<meta name="color-scheme" content="light dark">')
  })
})

describe('what a mail must say', () => {
  it.each<[MailTemplate, string[]]>([
    ['auto_topup', ['To stop it', `${ORIGIN}/account`, '$20.00', 'ends in 4242', '$5.00', '$60.00']],
    ['auto_topup_on', ['Top up automatically.', '4242', '$20.00', '$5.00', '$60.00', 'To stop it']],
    ['topup_receipt', ['$20.00', 'visa, ends in 4242', `${ORIGIN}/payments/topup-1`, '$42.00']],
    ['session_receipt', ['754.3 seconds', '$3.99 a minute', '$50.16', '$42.00', '/unsubscribe#TOKEN']],
    ['session_receipt', [`${ORIGIN}/session/s1`]],
    ['auto_topup', ['two minutes of a session', `${ORIGIN}/payments/topup-1`]],
    ['email_changing', ['new@example.com', '/undo-email#TOKEN', 'a week']],
    ['reset_password', ['/reset#TOKEN', 'an hour']],
    ['confirm_email', ['/confirm#TOKEN', 'an hour']],
  ])('%s', (name, words) => {
    const { text } = write(name)
    expect(words.filter((word) => !text.includes(word))).toEqual([])
  })

  it('an address that lost the account again is told so, and not to use a button that it never got', () => {
    const undone = write('email_changed', { because: 'undone' }).text
    expect(undone).toContain('was undone')
    expect(undone).not.toContain('button')
    expect(write('email_changed').text).toContain('button')
  })

  it('only receipts of sessions can be switched off', () => {
    expect(names.filter((name) => TEMPLATES[name].canBeSwitchedOff)).toEqual(['session_receipt'])
  })
})
