import { readFile } from 'node:fs/promises'
import type { Role } from '../shared/protocol/views.ts'

/**
 * A page's markup for somebody of that role: the script in its head asks for what they need before the page's own script is
 * there, so it has to know which they are.
 */
export async function pageFor(role: Role, file: string): Promise<string> {
  const html = await readFile(file, 'utf8')
  return html.replace('data-role=""', `data-role="${role}"`)
}
