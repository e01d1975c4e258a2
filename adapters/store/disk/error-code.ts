/** Returns what Node calls the failure, such as `ENOENT`; `''` for what has no such name. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
