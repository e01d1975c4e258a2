/** Lists every template, and holds the texts of the mails about money. */
import { billedSeconds, sayCalculation } from '../../shared/billed-time.ts'
import { formatCents } from '../../shared/money.ts'
import { ACCOUNT_TEMPLATES } from './account-templates.ts'
import { facts, text } from './letter.ts'
import { NOTICE, sayInstant, type Templates } from './template.ts'
import type { TopUpFacts } from './values.ts'

const RECEIPT = {
  ...NOTICE,
  needsConfirmed: false,
  isForClosed: true,
  why: 'You get this mail because your SoulSeer account paid something.',
} as const

const topUpRows = ({ amountCents, card, creditedAt, topUpId }: TopUpFacts) =>
  [
    ['Added', formatCents(amountCents)],
    ...(card === undefined ? [] : [['Card', card] as const]),
    ['When', sayInstant(creditedAt)],
    ['Receipt', topUpId],
  ] as const

export const TEMPLATES: Templates = {
  ...ACCOUNT_TEMPLATES,

  topup_receipt: {
    ...RECEIPT,
    write: ({ balanceCents, ...topUp }, { origin }) => ({
      subject: `Receipt: ${formatCents(topUp.amountCents)} added to your balance`,
      parts: [
        text('Thank you. Your payment has arrived.'),
        facts(...topUpRows(topUp), ['Balance', formatCents(balanceCents)]),
        text('Your balance never expires.'),
        text(`This receipt on the site: ${origin}/payments/${topUp.topUpId}`),
      ],
    }),
  },

  auto_topup: {
    ...RECEIPT,
    write: ({ balanceCents, thresholdCents, dailyCapCents, ...topUp }, { origin }) => ({
      subject: `Receipt: ${formatCents(topUp.amountCents)} added automatically`,
      parts: [
        text('Your balance was low, so we topped it up from your saved card, as you asked us to.'),
        facts(...topUpRows(topUp), ['Balance', formatCents(balanceCents)]),
        text(
          `We do this when your balance is at or below ${formatCents(thresholdCents)}, or covers no more than two minutes of a session, up to ${formatCents(dailyCapCents)} a day.`,
        ),
        text(`To stop it, press “Turn off” under “Automatic top-up” on your account page: ${origin}/account`),
        text(`This receipt on the site: ${origin}/payments/${topUp.topUpId}`),
      ],
    }),
  },

  auto_topup_on: {
    ...NOTICE,
    why: 'You get this mail because you allowed SoulSeer to charge your card.',
    write: ({ consent, last4, amountCents, thresholdCents, dailyCapCents }, { origin, at }) => ({
      subject: 'Automatic top-up is on',
      parts: [
        text('You have switched on automatic top-ups, and agreed to these words:'),
        text(`“${consent}”`),
        facts(
          ['Card', `ends in ${last4}`],
          ['Each top-up', formatCents(amountCents)],
          ['When the balance is at or below', formatCents(thresholdCents)],
          ['At most a day', formatCents(dailyCapCents)],
          ['Agreed', at],
        ),
        text(
          `You get a mail each time. To stop it, press “Turn off” under “Automatic top-up” on your account page: ${origin}/account`,
        ),
      ],
    }),
  },

  session_receipt: {
    ...RECEIPT,
    canBeSwitchedOff: 'session_receipt',
    write: (session, { origin }) => ({
      subject: `Receipt: ${formatCents(session.chargedCents)} for your session`,
      parts: [
        text('Thank you for your session.'),
        facts(
          ['Reader', session.readerName],
          ['Kind', session.kind],
          ['Started', sayInstant(session.startedAt)],
          ['Paid time', `${billedSeconds(session)} seconds`],
          ['Rate', `${formatCents(session.rateCents)} a minute`],
          ['Charged', `${formatCents(session.chargedCents)} (${sayCalculation(session)})`],
          ['Balance', formatCents(session.balanceCents)],
        ),
        text(`The whole receipt, minute by minute: ${origin}/session/${session.sessionId}`),
      ],
    }),
  },
}
