/** Holds the texts of the mails about an account. */
import { DAY_MS, HOUR_MS } from '../../shared/time.ts'
import { button, facts, text } from './letter.ts'
import { type About, NOTICE, type Templates } from './template.ts'

type AccountTemplates = Omit<Templates, 'topup_receipt' | 'session_receipt' | 'auto_topup' | 'auto_topup_on'>

const withDevice = (about: About, device: string | undefined) =>
  facts(['When', about.at], ...(device === undefined ? [] : [['Browser', device] as const]))

const notYou = ({ origin, supportEmail }: About) =>
  text(
    `If this was not you, set a new password at once: press “Forgot your password?” at ${origin}. That logs everybody out. Then write to ${supportEmail}.`,
  )

export const ACCOUNT_TEMPLATES: AccountTemplates = {
  confirm_email: {
    ...NOTICE,
    needsConfirmed: false,
    isAskedFor: true,
    link: { path: '/confirm', lifeMs: HOUR_MS },
    why: 'You get this mail because this address was entered at SoulSeer.',
    write: (_, { link }) => ({
      subject: 'Confirm your email address',
      parts: [
        text('Press the button to confirm that this address is yours. The link works once, for an hour.'),
        button('Confirm address', link),
        text('If you did not enter this address at SoulSeer, do nothing: it is not confirmed then.'),
      ],
    }),
  },

  reset_password: {
    ...NOTICE,
    needsConfirmed: false,
    isAskedFor: true,
    link: { path: '/reset', lifeMs: HOUR_MS },
    why: 'You get this mail because a new password was asked for at SoulSeer.',
    write: (_, { link }) => ({
      subject: 'Set a new password',
      parts: [
        text('Press the button to set a new password. The link works once, for an hour.'),
        button('Set a new password', link),
        text('Your new password ends every log-in, on this device and on others.'),
        text('If you did not ask for this, do nothing: your password stays as it is.'),
      ],
    }),
  },

  password_changed: {
    ...NOTICE,
    write: ({ device, passkeys }, about) => ({
      subject: 'Your password was changed',
      parts: [
        text('The password of your account was changed, and every other log-in ended.'),
        withDevice(about, device),
        ...(passkeys ? [text(`These passkeys still log in to your account: ${passkeys}.`)] : []),
        notYou(about),
      ],
    }),
  },

  email_changing: {
    ...NOTICE,
    link: { path: '/undo-email', lifeMs: 7 * DAY_MS },
    write: ({ newEmail }, about) => ({
      subject: 'Your email address is about to change',
      parts: [
        text('Your account is to use another address as soon as that address is confirmed.'),
        facts(['New address', newEmail], ['When', about.at]),
        text('If this was not you, undo it. The button works for a week, also after the change.'),
        button('Undo the change', about.link),
      ],
    }),
  },

  email_changed: {
    ...NOTICE,
    write: ({ newEmail, because }, about) => ({
      subject: 'Your email address was changed',
      parts: [
        text(
          because === 'undone'
            ? 'Your account has its earlier address again: the change to this one was undone from there. Mails no longer go to this address.'
            : 'Your account uses another address from now on. Mails no longer go to this one.',
        ),
        facts(['New address', newEmail], ['When', about.at]),
        text(
          because === 'undone'
            ? `If you no longer read mail at that address, write to ${about.supportEmail} at once.`
            : `If this was not you, use the button in our earlier mail “Your email address is about to change”, or write to ${about.supportEmail}.`,
        ),
      ],
    }),
  },

  passkey_added: {
    ...NOTICE,
    write: ({ name, device }, about) => ({
      subject: 'A passkey was added',
      parts: [
        text(`The passkey “${name}” can now log in to your account.`),
        withDevice(about, device),
        notYou(about),
      ],
    }),
  },

  passkey_removed: {
    ...NOTICE,
    write: ({ name, device }, about) => ({
      subject: 'A passkey was removed',
      parts: [
        text(`The passkey “${name}” can no longer log in to your account.`),
        withDevice(about, device),
        notYou(about),
      ],
    }),
  },

  new_device: {
    ...NOTICE,
    write: ({ device }, about) => ({
      subject: 'New log-in to your account',
      parts: [
        text('Your account was logged in to from a browser that we have not seen before.'),
        withDevice(about, device),
        text('If this was you, there is nothing to do.'),
        notYou(about),
      ],
    }),
  },

  account_closed: {
    ...NOTICE,
    isForClosed: true,
    why: 'You get this mail because it is about the state of your SoulSeer account.',
    write: (_, { at, supportEmail }) => ({
      subject: 'Your account was closed',
      parts: [
        text('We have closed your account. You can no longer log in, and an open session has ended.'),
        facts(['When', at]),
        text(`Your money stays on our books. To ask why, or to have it back, write to ${supportEmail}.`),
      ],
    }),
  },

  account_frozen: {
    ...NOTICE,
    why: 'You get this mail because it is about the state of your SoulSeer account.',
    write: ({ because }, { at, supportEmail }) => ({
      subject: 'Your account is on hold',
      parts: [
        text(
          because === 'dispute'
            ? 'Your bank disputes one of your payments. Until that is settled you cannot start a session.'
            : 'We have put your account on hold. For now you cannot start a session.',
        ),
        facts(['When', at]),
        text(
          because === 'dispute'
            ? `Your bank holds the amount, so it is taken from your balance. If you have questions, write to ${supportEmail}.`
            : `Your balance stays as it is. If you have questions, write to ${supportEmail}.`,
        ),
      ],
    }),
  },

  account_deleted: {
    ...NOTICE,
    why: 'This is our last mail to you about this account.',
    write: (_, { at, supportEmail }) => ({
      subject: 'Your account was deleted',
      parts: [
        text('Your account was deleted, as you asked. Your name and your address are removed.'),
        facts(['When', at]),
        text(
          `What stays are the amounts of your payments and sessions, under a number, because our books need them. If you did not ask for this, write to ${supportEmail} at once.`,
        ),
      ],
    }),
  },
}
