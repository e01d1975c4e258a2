/** Holds what a client agrees to, in the words that the page shows and the record keeps. */

export const SAVE_CARD_CONSENT = 'Save this card for my next top-ups. I can remove it at any time.'

export const AUTO_TOP_UP_CONSENT =
  'Top up automatically from my default card when my balance is low, up to my daily maximum. I can turn this off at any time.'
