/** The terms, which everybody accepts when registering. */
import { TOP_UP_MAX_CENTS, TOP_UP_MIN_CENTS } from '../../shared/bounds.ts'
import { formatCents } from '../../shared/money.ts'
import { byline, type SiteFacts, sayFree, sayPartial, support } from './facts.ts'
import { html, type TextPage } from './html.ts'

export function terms(facts: SiteFacts): TextPage {
  return {
    title: 'Terms',
    about: 'What you and SoulSeer agree on when you register.',
    body: html`${byline(facts)}
<p>These terms are between you and the operator of SoulSeer. You accept them when you register. Questions: ${support(facts)}.</p>
<h2>Who may use SoulSeer</h2>
<p>You must be 18 or older. You may have an account for your own use and must keep its password to yourself. Use only cards that are yours.</p>
<h2>What a reading is</h2>
<p><strong>Readings are for entertainment.</strong> They are no medical, psychological, legal, financial or tax advice and replace none. Nothing that a reader says is certain to be true or to happen. Do not put off seeing a doctor, a lawyer or another professional because of a reading. In an emergency, see <a href="/help#emergency">where to turn</a>.</p>
<p>Readers are independent. They set their own rates, work when they like, and are not our employees. We connect you, run the meter and move the money. We do not choose, check or record what they say.</p>
<h2>What a session costs</h2>
<ul>
<li>The reader’s rate per minute that is shown when you ring. A later change of the rate does not touch your session.</li>
<li>Only the time in which both of you are connected. Ringing, connecting and lost connections are free.</li>
<li>Each whole minute is charged as it completes. ${sayPartial(facts)} ${sayFree(facts)}</li>
<li>A session can only start when your balance covers one minute, and ends by itself when your balance is used up. Your balance never goes below zero by talking.</li>
<li>You can set a limit for each session and for each day.</li>
</ul>
<h2>Your balance</h2>
<p>You pay in advance by card, ${formatCents(TOP_UP_MIN_CENTS)} to ${formatCents(TOP_UP_MAX_CENTS)} at a time, in US dollars, through Stripe. A new account can add up to $100.00 in its first day. Your balance never expires and costs nothing to keep. It pays for sessions on SoulSeer alone, earns no interest and cannot be passed on to somebody else. What you paid in and have not spent you can have back: see <a href="/refunds">refunds</a>.</p>
<p>Automatic top-ups are off until you switch them on and agree to the amounts, and you can switch them off at any time. If a payment is reversed after you spent it, you owe what your balance does not cover, and your next top-ups pay that first.</p>
<h2>What is not allowed</h2>
<ul>
<li>Threats, harassment, hate, nudity, or anything sexual.</li>
<li>Anything that involves a person under 18.</li>
<li>Recording a session or a chat without the other person’s consent. In many places that is a crime.</li>
<li>Paying or being paid outside SoulSeer for people you met here.</li>
<li>Other people’s cards or accounts, programs that act for you, and attempts to break or overload the site.</li>
</ul>
<p>We can close an account that does any of this. What was paid in and not spent is then refunded to the card, unless a bank or a court is looking into that money.</p>
<h2>If you give readings</h2>
<p>Of each charge you earn ${facts.feePercent === 0 ? 'all of it' : `all but our share of ${facts.feePercent} %, which is rounded in your favour`}. The share that is in force when the client rings applies to the whole session. What you earned stays yours, even if the client’s payment is reversed later. To be paid, write to ${support(facts)}. Taxes on what you earn are yours to pay. Say about yourself only what is true, promise no result, and give no advice that needs a licence.</p>
<h2>What we are responsible for</h2>
<p>We do what we reasonably can to keep SoulSeer running and every charge right. We do not promise that it is never interrupted. If you were charged for time in which you were not connected, we give it back. We are not responsible for what readers and clients say to each other, nor for what you do because of it. As far as the law allows, what we owe you is limited to what you paid to SoulSeer in the twelve months before. Nothing in these terms takes away a right that the law gives you and that no contract can take away.</p>
<h2>Changes, and leaving</h2>
<p>When these terms or the <a href="/privacy">privacy policy</a> change, we ask you to accept them on your next visit. Until you do, you cannot start sessions or add funds. A session that has begun goes on as agreed. If you do not accept, you can have your balance back and delete your account.</p>
<p>You can delete your account at any time on your <a href="/account">account page</a>.</p>
<h2>Which law applies</h2>
<p>The law of the place where the operator has its address applies. If you are a consumer, the protection of the law where you live stays yours.</p>`,
  }
}
