/** Serves the compressed copies that the build leaves beside the pages' text files. */
import { stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { RequestHandler } from 'express'

/** Fonts and pictures are compressed as they are. */
const TEXT = /^\/(?:chunks\/)?[\w-]+\.(js|css|svg)$/

const COPIES = [
  { encoding: 'br', ending: '.br' },
  { encoding: 'gzip', ending: '.gz' },
]

/**
 * Points a request at the smallest compressed copy that the browser accepts, unless the file
 * changed since the copy was made. The handler that serves the file afterwards (`express.static`)
 * sees the copy's path.
 */
export function preferCompressed(publicDir: string): RequestHandler {
  return async (req, res, next) => {
    if (!TEXT.test(req.path) || (req.method !== 'GET' && req.method !== 'HEAD')) return next()
    res.vary('Accept-Encoding')
    const path = req.path
    for (const { encoding, ending } of COPIES) {
      if (!req.acceptsEncodings(encoding) || !(await isCurrent(join(publicDir, path), ending))) continue
      res.set('Content-Encoding', encoding).type(extname(path))
      req.url = path + ending
      break
    }
    next()
  }
}

async function isCurrent(file: string, ending: string): Promise<boolean> {
  const [changed, copied] = await Promise.all([changedAt(file), changedAt(file + ending)])
  return changed !== undefined && copied !== undefined && copied >= changed
}

async function changedAt(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.mtimeMs
}
