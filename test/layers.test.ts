import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('..', import.meta.url).pathname
const FLOORS = [
  'shared',
  'domain',
  'engine',
  'adapters',
  'http',
  'sockets',
  'routes',
  'dev/stripe',
  'browser',
  'scripts',
]

const files = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name))

const atTheTop = readdirSync(ROOT).filter((name) => /\.ts$/.test(name) && !name.endsWith('.config.ts'))

const IMPORT = /^(?:import|export)(\s+type)?(?:\s+[\w$*{},\s]+?\s+from)?\s+['"]([^'"]+)['"]/gm

const importsOf = (file: string): { path: string; isType: boolean }[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(IMPORT)].map(([, type, path]) => ({
    path: path ?? '',
    isType: type !== undefined,
  }))

/** What a file imports: our own files by their path from the root, libraries by their name. */
const resolved = (file: string) =>
  importsOf(file).map(({ path, isType }) => ({
    isType,
    path: path.startsWith('.') ? relative('.', normalize(join(dirname(file), path))) : path,
  }))

const within = (allowed: readonly RegExp[]) => (path: string) => allowed.some((pattern) => pattern.test(path))

/** The table of docs/ARCHITECTURE.md: each floor, and all it may import. */
const TABLE: Record<string, readonly RegExp[]> = {
  shared: [/^shared\//, /^zod$/],
  domain: [/^domain\//, /^shared\//],
  engine: [/^engine\//, /^domain\//, /^shared\//],
  adapters: [
    /^adapters\//,
    /^engine\/ports\.ts$/,
    /^domain\//,
    /^shared\//,
    /^node:/,
    /^(bcrypt|stripe|pino|aws4fetch)$/,
  ],
  routes: [
    /^routes\/export-files\.ts$/,
    /^http\//,
    /^engine\//,
    /^domain\//,
    /^shared\//,
    /^express$/,
    /^node:(path|crypto)$/,
  ],
  http: [
    /^http\//,
    /^engine\//,
    /^domain\//,
    /^shared\//,
    /^(express|socket\.io|zod|cookie|prom-client|proxy-addr|ipaddr\.js|helmet)$/,
    /^node:/,
  ],
  sockets: [
    /^sockets\//,
    /^http\//,
    /^engine\//,
    /^domain\//,
    /^shared\//,
    /^(express|socket\.io|zod|cookie|prom-client|proxy-addr|ipaddr\.js)$/,
    /^node:/,
  ],
  'dev/stripe': [/^dev\/stripe\//, /^config\.ts$/, /^domain\/errors\.ts$/, /^(express|stripe)$/, /^node:/],
  browser: [
    /^browser\//,
    /^shared\//,
    /^preact(\/|$)/,
    /^@preact\/signals$/,
    /^socket\.io-client$/,
    /^lucide$/,
  ],
}

describe('the floors', () => {
  it.each(Object.entries(TABLE))('%s imports only what the table allows', (floor, allowed) => {
    const found = files(floor)
    expect(found.length).toBeGreaterThan(0)
    const wrong = found.flatMap((file) =>
      resolved(file)
        .filter(({ path }) => !within(allowed)(path))
        .map(({ path }) => `${file} imports ${path}`),
    )
    expect(wrong).toEqual([])
  })

  it('the doors know no adapter; only the composition root, scripts and tests do', () => {
    const wrong = [
      ...atTheTop.filter((name) => name !== 'server.ts'),
      ...files('routes'),
      ...files('engine'),
    ].flatMap((file) => resolved(file).filter(({ path }) => path.startsWith('adapters/')))
    expect(wrong).toEqual([])
  })

  it('nothing but the root knows the stand-in for Stripe', () => {
    const others = [...atTheTop, ...FLOORS.filter((floor) => floor !== 'dev/stripe').flatMap(files)]
    const users = others.filter((file) => resolved(file).some(({ path }) => path.startsWith('dev/stripe/')))
    expect(users).toEqual(['server.ts'])
  })

  it('the stand-in takes types alone from the SDK that it is held against', () => {
    const wrong = files('dev/stripe').filter((file) =>
      resolved(file).some(({ path, isType }) => path === 'stripe' && !isType),
    )
    expect(wrong).toEqual([])
  })

  it('pages take types alone from the protocol, so that no validator is in the bundle', () => {
    const wrong = files('browser').filter((file) =>
      resolved(file).some(({ path, isType }) => path.startsWith('shared/protocol/') && !isType),
    )
    expect(wrong).toEqual([])
  })
})

describe('the pure floors', () => {
  it.each(['domain', 'shared'])('%s asks nobody for the time, for chance or for a timer', (floor) => {
    const wrong = files(floor).filter((file) =>
      /Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|performance\.|process\.|from 'node:/.test(
        readFileSync(join(ROOT, file), 'utf8'),
      ),
    )
    expect(wrong).toEqual([])
  })
})

describe('the environment', () => {
  it('is read in config.ts, and handed to it by server.ts', () => {
    const readers = [...atTheTop, ...FLOORS.filter((floor) => floor !== 'scripts').flatMap(files)].filter(
      (file) => readFileSync(join(ROOT, file), 'utf8').includes('process.env'),
    )
    expect(readers).toEqual(['server.ts'])
  })
})
