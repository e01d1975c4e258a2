/** Reads the pages' markup and adapts it to the user's role. */
import { readFile } from 'node:fs/promises'
import type { Role } from '../shared/protocol/views.ts'

/**
 * Returns a page's markup for a role: the script in its head requests what the user needs before
 * the page's own script is there, so it has to know the role.
 */
export async function pageFor(role: Role, file: string): Promise<string> {
  const html = await readFile(file, 'utf8')
  return html.replace('data-role=""', `data-role="${role}"`)
}
