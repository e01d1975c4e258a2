/** Compresses what is made for each request: pages and JSON. Files have their copies from the build. */
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Request, RequestHandler } from 'express'

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
