/** Writes a mail from its record, and from the records that it is about. */
import { eventOf, type Mail, type MailTemplate } from '../../domain/mail.ts'
import { isClient } from '../../domain/user.ts'
import type { DataKey, OutgoingMail, Store, View } from '../ports.ts'
import { type Foot, htmlOf, textOf } from './letter.ts'
import type { Begun } from './progress.ts'
import { sayInstant, type Template } from './template.ts'
import { TEMPLATES } from './templates.ts'
import { mailToken, switchToken } from './tokens.ts'
import type { Facts, SessionFacts, TopUpFacts } from './values.ts'

/** Names the sender, and the site. */
export interface MailSettings {
  /** Returns the origin of every link. */
  readonly origin: () => string
  readonly supportEmail: string
  /** Name and postal address of who runs the site, a line each. */
  readonly owner: readonly string[]
}

export type WriteMail = (begun: Begun) => Promise<OutgoingMail>

/** Creates the writer. It rejects where a record that the mail is about is not there. */
export function createWriting(parts: {
  store: Pick<Store, 'read' | 'pastSession'>
  dataKey: DataKey
  settings: MailSettings
  intervalMs: number
  /** Records which cards paid a client's top-ups, as far as that can be learned. */
  noteCards: (clientId: string) => Promise<unknown>
}): WriteMail {
  const { store, dataKey, settings, intervalMs, noteCards } = parts

  const factsOf = async (mail: Mail): Promise<object> => {
    if (mail.template === 'session_receipt') return sessionFacts(store, eventOf(mail), intervalMs)
    if (mail.template !== 'topup_receipt' && mail.template !== 'auto_topup') return {}
    await noteCards(mail.userId) // it was not asked for when the money came
    return store.read((view) => topUpFacts(view, mail))
  }

  return async ({ mail, user, to }) => {
    const template: Template<MailTemplate> = TEMPLATES[mail.template]
    const origin = settings.origin()
    const facts = { ...mail.values, ...(await factsOf(mail)) } as Facts[MailTemplate]
    const letter = template.write(facts as never, {
      link: template.link ? `${origin}${template.link.path}#${mailToken(dataKey, mail.id)}` : '',
      origin,
      supportEmail: settings.supportEmail,
      at: sayInstant(mail.createdAt),
    })
    const kind = template.canBeSwitchedOff
    const switchOff = kind && `${origin}/unsubscribe#${switchToken(dataKey, user.id, kind)}`
    const foot: Foot = {
      why: template.why,
      supportEmail: settings.supportEmail,
      owner: settings.owner,
      ...(switchOff === undefined ? {} : { switchOff }),
    }
    const { id, createdAt } = mail
    const { readerId } = facts as Partial<SessionFacts>
    const people = [user.id, ...(readerId === undefined ? [] : [readerId])]
    const [text, html] = [textOf(letter, foot), htmlOf(letter, foot)]
    return { id, to, people, subject: letter.subject, text, html, createdAt, switchOff }
  }
}

async function sessionFacts(
  store: Pick<Store, 'pastSession'>,
  sessionId: string,
  intervalMs: number,
): Promise<SessionFacts> {
  const session = await store.pastSession(sessionId)
  if (session?.startedAt === undefined) throw new Error(`there is no session ${sessionId} that began`)
  const { readerId, readerName, kind, startedAt, billedMs, rateCents, chargedCents } = session
  const { balanceAfterCents = 0 } = session
  return {
    sessionId,
    readerId,
    readerName,
    kind,
    startedAt,
    billedMs,
    rateCents,
    chargedCents,
    balanceCents: balanceAfterCents,
    intervalMs,
  }
}

function topUpFacts(view: View, mail: Mail): TopUpFacts {
  const user = view.user(mail.userId)
  const topUpId = eventOf(mail)
  const topUp = user && isClient(user) ? user.topUps.find(({ id }) => id === topUpId) : undefined
  if (!topUp) throw new Error(`there is no top-up ${topUpId}`)
  const { amountCents, createdAt, creditedAt = createdAt, card } = topUp
  return {
    topUpId,
    amountCents,
    creditedAt,
    ...(card ? { card: `${card.brand}, ends in ${card.last4}` } : {}),
  }
}
