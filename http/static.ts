/** Compresses what is sent: files by the copies from the build, pages and JSON as they are made. */
import { stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Request, RequestHandler } from 'express'

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

const LEAST_CHARS = 1_000 // a smaller response fits one packet as it is
// Of the levels, those that take about a millisecond for a hundred kilobytes.
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }
const GZIP = { level: 4 }

type Encoding = 'br' | 'gzip'

/**
 * Compresses the texts that handlers send, in the way that the browser prefers. They are compressed
 * at once: the threads that would do it elsewhere may all be busy with passwords.
 */
export const compressTexts: RequestHandler = (req, res, next) => {
  const send = res.send.bind(res)
  res.send = (body: unknown) => {
    const encoding = typeof body === 'string' && body.length >= LEAST_CHARS && encodingOf(req)
    if (!encoding || res.hasHeader('Content-Encoding') || !res.hasHeader('Content-Type')) return send(body)
    res.vary('Accept-Encoding')
    res.set('Content-Encoding', encoding)
    return send(encoding === 'br' ? brotliCompressSync(body, BROTLI) : gzipSync(body, GZIP))
  }
  next()
}

function encodingOf(req: Request): Encoding | undefined {
  const accepted = req.acceptsEncodings(['br', 'gzip'])
  return accepted === 'br' || accepted === 'gzip' ? accepted : undefined
}
