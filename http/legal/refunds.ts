/** The rules of refunds. */
import { byline, type SiteFacts, sayFree, sayPartial, saySpan, support } from './facts.ts'
import { html, type TextPage } from './html.ts'

export function refunds(facts: SiteFacts): TextPage {
  return {
    title: 'Refunds',
    about: 'What is never charged, and how to get money back.',
    body: html`${byline(facts)}
<h2>What is never charged</h2>
<ul>
<li>Ringing, declined and missed calls, and calls that never connect.</li>
<li>Time in which the connection is lost. You have ${saySpan(facts.graceMs)} to come back; after that the session ends.</li>
<li>Interruptions on our side, such as a server restart.</li>
</ul>
<p>You pay for the time in which both of you are connected. ${sayPartial(facts)} ${sayFree(facts)} Each receipt shows the calculation: see your <a href="/history">history</a>.</p>
<h2>Your unspent balance</h2>
<p>Your balance never expires. <strong>You can get back what you paid in and have not spent, at any time, without giving a reason and without a fee.</strong> Write to ${support(facts)} from the email address of your account. We send it to the cards that it came from, the oldest payment first. Banks take 5 to 10 days to show it.</p>
<p>Two things cannot be refunded: credit that we gave you as goodwill, and a payment that your bank is reviewing. While a session is open, refunds wait until it has ended.</p>
<h2>A session that went wrong</h2>
<p>Write to ${support(facts)} within three days, with the date, the reader’s name and what happened. We look at what was charged and at the connection. If you were charged wrongly, you get it back to your balance, and can have it refunded from there. We cannot know what was said, because nothing is recorded, and a reading that did not come true is no reason for a refund.</p>
<h2>A payment that you did not make</h2>
<p>Write to us first: we can refund it faster than your bank. If you dispute it at your bank, the amount leaves your balance, and you cannot start sessions until the bank has decided. If it decides in our favor, exactly that amount comes back.</p>
<p>If a payment is reversed after you spent it, you owe the rest, and your next top-ups pay it first. A session that is under way is charged up to that moment and ends. <strong>Readers keep what they earned.</strong></p>
<h2>Automatic top-ups</h2>
<p>You can turn them off at any time on your <a href="/account">account page</a>. They are refunded like every other payment.</p>
<h2>Before you delete your account</h2>
<p>Have your balance refunded first. The account page tells you the exact amount and deletes nothing unless you agree to give it up. Readers: ask to be paid first.</p>`,
  }
}
