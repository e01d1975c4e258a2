/** Gives the pages the names of their files by content, and says how long browsers keep those. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RequestHandler, Response } from 'express'
import type { Role } from '../shared/protocol/views.ts'

export interface PageFiles {
  /**
   * Returns a page's markup for a role: the script in its head requests what the user needs before
   * the page's own script is there, so it has to know the role.
   */
  pageFor(name: string, role?: Role): Promise<string>
  /**
   * Turns the name of a file by content back into the file's own, and marks the response for
   * {@link keptFor}.
   */
  readonly resolve: RequestHandler
}

/** The scripts and the style that a page names. */
const NAMED = /(?<=(?:src|href)=")\/([\w-]+)\.(js|css)(?=")/g
/** The parts of a script that the build split: replaced by what {@link PARTS_FILE} lists for it. */
const PARTS = /( *)<link rel="modulepreload" href="\/chunks\/([\w-]+)" \/>\n/g
const PARTS_FILE = 'chunks/parts.json'
/** The parts have their content in the names that the build gave them. */
const PART = /\/chunks\/[\w-]+-[0-9A-Z]{8}\.js(\.\w+)?$/
const BY_CONTENT = /^\/([\w-]+)\.([0-9a-f]{12})\.(js|css)$/
const HASH_LENGTH = 12

/** Creates the names for the files of `publicDir`; a file that is built again gets another one. */
export function createPageFiles(publicDir: string): PageFiles {
  const known = new Map<string, { changedAt: number; hash: string }>()

  const hashOf = async (name: string): Promise<string | undefined> => {
    const file = join(publicDir, name)
    const changedAt = (await stat(file).catch(() => undefined))?.mtimeMs
    if (changedAt === undefined) return undefined
    const last = known.get(name)
    if (last?.changedAt === changedAt) return last.hash
    const hash = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
      .slice(0, HASH_LENGTH)
    known.set(name, { changedAt, hash })
    return hash
  }

  return {
    async pageFor(name, role) {
      const html = preloadParts(await readFile(join(publicDir, name), 'utf8'), await partsOf(publicDir))
      const hashes = new Map<string, string | undefined>()
      for (const [, base, ending] of html.matchAll(NAMED)) {
        hashes.set(`${base}.${ending}`, await hashOf(`${base}.${ending}`))
      }
      const named = html.replace(NAMED, (path, base, ending) => {
        const hash = hashes.get(`${base}.${ending}`)
        return hash === undefined ? path : `/${base}.${hash}.${ending}`
      })
      return role === undefined ? named : named.replace('data-role=""', `data-role="${role}"`)
    },

    resolve: async (req, res, next) => {
      const [, base, asked, ending] = BY_CONTENT.exec(req.path) ?? []
      if (asked === undefined) return next()
      // A page of an earlier build gets the file of this one, and must not keep it.
      res.locals.isForGood = (await hashOf(`${base}.${ending}`)) === asked
      req.url = `/${base}.${ending}`
      next()
    },
  }
}

/** Returns the parts of each script, by its name; the build lists them. */
async function partsOf(publicDir: string): Promise<Record<string, readonly string[]>> {
  return JSON.parse(await readFile(join(publicDir, PARTS_FILE), 'utf8').catch(() => '{}'))
}

/** Names the parts of a page's scripts in its markup, each once, so that all of them load at once. */
function preloadParts(html: string, parts: Record<string, readonly string[]>): string {
  const named = new Set<string>()
  return html.replace(PARTS, (_link, indent, script) => {
    const further = (parts[script] ?? []).filter((part) => !named.has(part))
    for (const part of further) named.add(part)
    return further.map((part) => `${indent}<link rel="modulepreload" href="/${part}" />\n`).join('')
  })
}

const YEAR_S = 365 * 24 * 60 * 60
const MONTH_S = 30 * 24 * 60 * 60

/** Returns how long a browser may keep a file: what changes with a build is asked for again. */
export function keptFor(res: Pick<Response, 'locals'>, path: string): string {
  if (res.locals.isForGood === true || PART.test(path)) return `public, max-age=${YEAR_S}, immutable`
  return path.endsWith('.woff2') ? `public, max-age=${MONTH_S}` : 'no-cache'
}
