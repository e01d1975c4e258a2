/** Holds the session and its call, which other pages load once they are idle. */
export { createCall } from './call/call.ts'
export { showSession, startSession } from './session/session.tsx'
