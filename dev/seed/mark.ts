/** Names the file that says of a data folder that its people are made up. */
export const SEED_MARK = 'made-up-people'
