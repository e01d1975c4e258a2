/** Starts the pages about oneself: the history, a receipt and the account. */
import { startAccount } from './account/account.tsx'
import { forSignedIn, lastOfPath, startPage } from './document.ts'
import { startHistory } from './history/history.tsx'
import { startPayment } from './payments/payment-page.tsx'

startPage({
  history: () => startHistory(forSignedIn()),
  payment: () => startPayment({ ...forSignedIn(), paymentId: lastOfPath() }),
  account: () => startAccount(forSignedIn()),
})
