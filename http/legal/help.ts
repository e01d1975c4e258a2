/** The page of help: emergencies first, then what goes wrong most. */
import { type SiteFacts, saySpan, support } from './facts.ts'
import { html, type TextPage } from './html.ts'

export function help(facts: SiteFacts): TextPage {
  return {
    title: 'Help',
    about: 'Where to turn in an emergency, and how to solve what goes wrong most often.',
    body: html`<p>Write to ${support(facts)}. Tell us the email address of your account and, if it is about a session, its date. Never send a password or a card number.</p>
<h2 id="emergency">In an emergency</h2>
<p>Readers are not trained for emergencies, and we do not watch or hear sessions. If you or someone else is in danger, get help now:</p>
<ul>
<li><strong>Emergency services:</strong> <a href="tel:911">911</a> in the United States and Canada, <a href="tel:112">112</a> in the European Union, <a href="tel:999">999</a> in the United Kingdom.</li>
<li><strong>Thoughts of suicide, or any crisis:</strong> call or text <a href="tel:988">988</a> in the United States and Canada. Elsewhere, <a href="https://findahelpline.com" rel="noopener">findahelpline.com</a> lists free lines by country.</li>
<li><strong>Violence at home:</strong> <a href="tel:+18007997233">1-800-799-7233</a> in the United States.</li>
</ul>
<h2>If you spend more than you want to</h2>
<p>Set a daily limit on your <a href="/dashboard">dashboard</a>. Lower limits apply now, higher ones after 24 hours. Turn automatic top-ups off on your <a href="/account">account page</a>. We also close your account when you ask us to.</p>
<h2>You cannot log in</h2>
<p>Choose “Forgot your password?” on the log-in form. If many people log in at the same moment, the page waits for its turn and continues automatically: leave it open.</p>
<h2>Camera, microphone, sound</h2>
<p>“Check camera and sound” on the dashboard shows what works. If the browser blocks a device, allow it with the icon next to the address, then reload. Close other programs that use the camera. Chat works without either.</p>
<h2>The connection is lost</h2>
<p>The meter stops automatically, and lost time is free. Stay on the page, or open the dashboard again and return to the session: it waits for ${saySpan(facts.graceMs)}. Moving closer to the router and closing other video helps most.</p>
<h2>No one answers</h2>
<p>A call rings for ${saySpan(facts.ringMs)} and costs nothing until you are connected.</p>
<h2>Someone behaves badly</h2>
<p>End the session: you pay only for the time until then. Then write to us with the date and the name.</p>
<h2>Money</h2>
<p>Every session and every payment has a receipt in your <a href="/history">history</a>. How to get money back: <a href="/refunds">refunds</a>.</p>
<h2>A security problem</h2>
<p>Write to <a href="mailto:security@soulseer.app">security@soulseer.app</a>.</p>`,
  }
}
