/** Names the browser and the system that a user logs in with. */

const BROWSERS = {
  Edge: /\bEdgA?\//,
  Opera: /\bOPR\//,
  Firefox: /\b(Firefox|FxiOS)\//,
  Chrome: /\b(Chrome|CriOS)\//,
  Safari: /\bSafari\//,
}
const SYSTEMS = {
  iPhone: /\biPhone\b/,
  iPad: /\biPad\b/,
  Android: /\bAndroid\b/,
  Windows: /\bWindows\b/,
  macOS: /\bMac OS X\b/,
  Linux: /\bLinux\b/,
}

/**
 * Returns such as "Firefox on Windows", for the user's list of logins; nothing else of the header
 * is kept.
 */
export function describeDevice(agent = ''): string {
  const among = (known: Record<string, RegExp>) =>
    Object.entries(known).find(([, pattern]) => pattern.test(agent))?.[0]
  return `${among(BROWSERS) ?? 'A browser'} on ${among(SYSTEMS) ?? 'a device'}`
}
