import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RequestHandler } from 'express'

/** What is worth compressing; the build puts a `.br` beside each. Fonts and pictures are compressed as they are. */
const TEXT: Record<string, string> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}
const NAME = /^\/[\w-]+\.(js|css|svg)$/

/** Leads a browser that can to the compressed twin of a file, unless the file was changed since that was made. */
export function preferCompressed(publicDir: string): RequestHandler {
  return async (req, res, next) => {
    const ending = NAME.exec(req.path)?.[1]
    const type = ending === undefined ? undefined : TEXT[ending]
    if (type === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) return next()
    res.vary('Accept-Encoding')
    if (req.acceptsEncodings('br') && (await hasTwin(join(publicDir, req.path)))) {
      res.set({ 'Content-Encoding': 'br', 'Content-Type': type })
      req.url = `${req.path}.br`
    }
    next()
  }
}

async function hasTwin(file: string): Promise<boolean> {
  const [made, twin] = await Promise.all([changedAt(file), changedAt(`${file}.br`)])
  return made !== undefined && twin !== undefined && twin >= made
}

async function changedAt(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.mtimeMs
}
