/** Returns Node's code of the failure, such as `ENOENT`; `''` for a failure without one. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
