/** Holds the account page, the history and the receipts of payments. */
export { startAccount } from './account/account.tsx'
export { startHistory } from './history/history.tsx'
export { startPayment } from './payments/payment-page.tsx'
