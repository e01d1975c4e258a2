/** The privacy policy: what is kept, why, for how long, and who else gets it. */
import { byline, type SiteFacts, support } from './facts.ts'
import { type Html, html, type TextPage } from './html.ts'

export function privacy(facts: SiteFacts): TextPage {
  return {
    title: 'Privacy policy',
    about: 'What SoulSeer keeps about you, why, for how long, and who else gets it.',
    body: html`${byline(facts)}
<p>We keep what it takes to connect you, to bill correctly and to keep your account safe. We show no advertising, use no analytics and sell nothing. Questions and requests: ${support(facts)}.</p>
<h2>What we never keep</h2>
<ul>
<li><strong>Calls are never recorded.</strong> Sound and picture go encrypted from browser to browser${paths(facts)}</li>
<li><strong>Chat is not stored.</strong> It goes the same way. Your own browser keeps it while the session lasts, so that it survives a reload, and forgets it when the session ends or the tab is closed.</li>
<li><strong>We never see your card number.</strong> You type it into Stripe’s form.</li>
</ul>
<h2>What we keep</h2>
<dl>
${KEPT.map(([what, which, howLong]) => html`<div><dt>${what}</dt><dd>${which}</dd><dd class="hint">${howLong}</dd></div>`)}
</dl>
<h2>Who else gets it</h2>
<ul>
<li><strong>The person you have a session with</strong> sees your display name, on their receipts too, until you delete your account.</li>
<li><strong>Stripe</strong> takes your payments. It gets your card details from you directly and, from us, the amount, the number of your account and your email address for its receipt. See <a href="https://stripe.com/privacy" rel="noopener">Stripe’s privacy policy</a>.</li>
<li><strong>Our hosting provider</strong> runs the server and the disk with our data, and the provider of our backups keeps copies.</li>
<li><strong>Our mail provider</strong> carries the mails that we send you.</li>
<li><strong>Authorities and courts</strong>, where the law obliges us.</li>
</ul>
<p>Nobody else.</p>
<h2>Cookies and storage in your browser</h2>
<p>One cookie keeps you logged in: for 30 days at most, and 7 days after your last visit. Two more, for 400 days, let us recognize this browser: one so that somebody who tries to guess your password cannot lock you out, one so that we can warn you when your account is logged in to from a browser that it does not know. A fourth, for a day, goes with the log-in by passkey. Your browser also keeps your theme, your devices, your session limit and a payment that is under way. None of it is used to follow you. Stripe’s form sets Stripe’s own cookies, which guard against fraud.</p>
<h2>When you delete your account</h2>
<p>You can do that on your <a href="/account">account page</a>. Your name, email, password and, for readers, your text are removed at once, and your saved cards are deleted at Stripe. The amounts of sessions and payments stay in our books, without your name. Receipts of the people you talked with say “Deleted account” in its place.</p>
<p>Our books are a journal that is never rewritten. What it says about you as a person is encrypted with a key that is yours alone. Deleting your account destroys that key, and nobody can read those lines any more. Backups hold copies of the key for up to 30 days longer. Lines that an earlier version of SoulSeer wrote are not encrypted in this way.</p>
<h2>Your rights</h2>
<p>You can see and correct your data, and take them with you: the account page has “Export my data”. You can ask us to delete them, object to how we use them, or ask what else we know: write to ${support(facts)}. We answer within a month. You can also complain to the data protection authority where you live. We use your data because our contract with you needs them, because the law makes us keep books, or because we must protect accounts and payments.</p>
<h2>Young people</h2>
<p>SoulSeer is for people of 18 and older. If you learn that somebody younger has an account, tell us, and we close it.</p>`,
  }
}

function paths({ icePolicy }: SiteFacts): string {
  return icePolicy === 'relay'
    ? ', through our relay. The relay cannot hear or see them, keeps nothing, and hides your network address from the other person.'
    : ', directly or, where that is not possible, through a relay that cannot hear or see them. On a direct call the other person’s browser learns your network address.'
}

const KEPT: readonly (readonly [what: string, which: string | Html, howLong: string])[] = [
  [
    'Your account',
    'Display name, email, your password as a hash that cannot be turned back, the public part of passkeys, when you accepted which terms, your limits; for readers the rate and the text about yourself.',
    'Until you delete the account.',
  ],
  [
    'Your log-ins',
    'Browser and system (“Firefox on Windows”), when it was made and last used, and a code that stands in for the network. A code for each of the last 20 browsers.',
    'Log-ins 30 days at most, the codes of browsers until you delete the account.',
  ],
  [
    'Sessions',
    'With whom, when, by video, voice or chat, how long you were connected, when the connection was lost, and what it cost.',
    'For good: our books need them. Without your name once you have deleted your account.',
  ],
  [
    'Payments',
    'Amounts, times, Stripe’s numbers for them, brand and last four digits of the card, refunds and disputes.',
    'For good, as above. The network address of a payment attempt: one day, against stolen cards.',
  ],
  [
    'Mails to you',
    'Which mail, when, and whether it was delivered.',
    '30 days after it was sent or given up.',
  ],
  [
    'Technical logs',
    'What the server did and when, with account numbers. A code stands in for your network address. No names, emails, passwords or contents.',
    'As long as our hosting provider keeps them, 30 days at most.',
  ],
  [
    'Backups',
    'Copies of all of the above but the logs.',
    'Whole copies 30 days. Copies of our books stay as long as the books do; what they say about you is encrypted as described below.',
  ],
]
