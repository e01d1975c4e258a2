/** Gives the pages the names of their files by content, and serves those for good. */
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
      const html = await readFile(join(publicDir, name), 'utf8')
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

const YEAR_S = 365 * 24 * 60 * 60
const MONTH_S = 30 * 24 * 60 * 60

/** Returns how long a browser may keep a file: what changes with a build is asked for again. */
export function keptFor(res: Pick<Response, 'locals'>, path: string): string {
  if (res.locals.isForGood === true) return `public, max-age=${YEAR_S}, immutable`
  return path.endsWith('.woff2') ? `public, max-age=${MONTH_S}` : 'no-cache'
}
