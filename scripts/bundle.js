/**
 * Bundles the server's programs, the pages' scripts and their style; fails when a file is too big
 * for a phone.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzipSync } from 'node:zlib'
import { build, context } from 'esbuild'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

const PAGE_FILES = [
  { source: 'browser/theme-first.ts', target: 'public/theme.js', mostKb: 1.5 },
  { source: 'browser/worker.ts', target: 'public/worker.js', mostKb: 2 },
  { source: 'browser/timer-worker.ts', target: 'public/timers.js', mostKb: 1 },
  { source: 'browser/main-back.ts', target: 'public/back.js', mostKb: 1 },
  { source: 'browser/main-home.ts', target: 'public/home.js', mostKb: 60 },
  { source: 'browser/main-recovery.tsx', target: 'public/recovery.js', mostKb: 20 },
  { source: 'browser/passkeys/webauthn.ts', target: 'public/passkeys.js', mostKb: 5 },
  { source: 'browser/payments/stripe-standin.ts', target: 'public/stripe-standin.js', mostKb: 20 },
  { source: 'browser/styles/main.css', target: 'public/style.css', mostKb: 15 },
]

/**
 * The scripts of the signed-in pages, which share their parts
 * (docs/decisions/0145-pages-in-parts.md). A budget counts all parts that a page loads at once.
 */
const PARTED = { client: 'browser/main.ts', account: 'browser/main-account.ts' }
const PARTED_MOST_KB = { client: 64, account: 58, 'main-session': 80 }
const PARTS = 'public/chunks'

/**
 * Started often, and in one file with their packages in half the time
 * (docs/decisions/0060-bundled-programs.md).
 */
const PROGRAMS = [
  'server.js',
  ...['admin', 'books', 'check-turn'].map((name) => `scripts/${name}.js`),
  'dev/seed/seed.js',
]

/** The catalogue of states, which only development serves: it stays out of public/. */
const CATALOGUE = ['browse', 'main'].map((name) => `dev/states/page/${name}.ts`)
/** The scripts of its own that the catalogue uses in place of the socket and the call. */
const PLAYED = [
  { filter: /^socket\.io-client$/, path: 'dev/states/page/socket.ts' },
  { filter: /\/call\/call\.ts$/, path: 'dev/states/page/call.ts' },
]

const compress = promisify(brotliCompress)

/**
 * Served as they are: one runs before the first paint, two in browsers that know no modules, beside
 * the pages.
 */
const CLASSIC = ['public/theme.js', 'public/worker.js', 'public/timers.js']

/** @satisfies {import('esbuild').BuildOptions} */
const SHARED_SETTINGS = {
  absWorkingDir: ROOT,
  bundle: true,
  minify: true,
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  external: ['/fonts/*'], // served as they are
  logLevel: 'warning',
}

/**
 * Bundles every script and the style. With `watch` it does so again at every change; returns a
 * function that stops it.
 * @param {{ watch?: boolean }} [how]
 * @returns {Promise<() => Promise<void>>}
 */
export async function bundle({ watch = false } = {}) {
  const stops = await Promise.all([
    watch ? watchParted() : buildParted(),
    buildCatalogue(),
    ...PAGE_FILES.map((file) => (watch ? watchPageFile(file) : buildPageFile(file))),
  ])
  return async () => {
    await Promise.all(stops.map((stop) => stop()))
  }
}

/**
 * Bundles each program in dist/ with its packages, in its place; what is native stays a package.
 */
export async function bundlePrograms() {
  await build({
    absWorkingDir: path.join(ROOT, 'dist'),
    entryPoints: PROGRAMS,
    outdir: '.',
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['bcrypt'],
    sourcemap: true,
    sourcesContent: false,
    // Packages in CommonJS ask for Node's own modules through `require`, which modules do not have.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
}

/** @param {typeof PAGE_FILES[number]} file */
async function buildPageFile(file) {
  await build(settings(file))
  await measureAndCompress(file)
  return async () => {}
}

async function buildParted() {
  await build(partedSettings())
  const parts = JSON.parse(await readFile(path.join(ROOT, PARTS, 'parts.json'), 'utf8'))
  for (const [name, mostKb] of Object.entries(PARTED_MOST_KB)) {
    const files = [...(name in PARTED ? [`${name}.js`] : []), ...parts[name]]
    const bytes = await Promise.all(files.map((file) => compressCopies(`public/${file}`)))
    checkSize(`public/${name}.js and its parts`, sum(bytes), mostKb)
  }
  return async () => {}
}

async function buildCatalogue() {
  await build({
    ...SHARED_SETTINGS,
    entryPoints: CATALOGUE,
    outdir: 'dist/dev/states/page',
    format: 'esm',
    plugins: [
      {
        name: 'played',
        setup: ({ onResolve }) => {
          for (const { filter, path: file } of PLAYED)
            onResolve({ filter }, () => ({ path: path.join(ROOT, file) }))
        },
      },
    ],
  })
  return async () => {}
}

async function watchParted() {
  const watching = await context({ ...partedSettings(), logLevel: 'info' })
  await watching.watch()
  return () => watching.dispose()
}

/**
 * Rejects a file that is over its budget, and puts both compressed copies beside it.
 * @param {{ target: string, mostKb: number }} file
 */
async function measureAndCompress({ target, mostKb }) {
  checkSize(target, await compressCopies(target), mostKb)
}

/**
 * Puts both compressed copies beside a file, and returns the bytes of the larger, gzip, which every
 * browser takes.
 * @param {string} target
 */
async function compressCopies(target) {
  const text = await readFile(path.join(ROOT, target))
  const gzipped = gzipSync(text, { level: constants.Z_BEST_COMPRESSION })
  await writeFile(path.join(ROOT, `${target}.gz`), gzipped)
  await writeFile(path.join(ROOT, `${target}.br`), await compress(text))
  return gzipped.length
}

/**
 * @param {string} name
 * @param {number} bytes
 * @param {number} mostKb
 */
function checkSize(name, bytes, mostKb) {
  const size = `${(bytes / 1024).toFixed(1)} KB compressed`
  if (bytes > mostKb * 1024) throw new Error(`${name}: ${size}, more than ${mostKb} KB`)
  console.log(`${name}: ${size} of ${mostKb}`)
}

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0)

/** @param {typeof PAGE_FILES[number]} file */
async function watchPageFile(file) {
  const watching = await context({ ...settings(file), logLevel: 'info' })
  await watching.watch()
  return () => watching.dispose()
}

/**
 * @param {typeof PAGE_FILES[number]} file
 * @returns {import('esbuild').BuildOptions}
 */
function settings({ source, target }) {
  return {
    ...SHARED_SETTINGS,
    entryPoints: [source],
    outfile: target,
    format: CLASSIC.includes(target) ? 'iife' : 'esm',
  }
}

/** @returns {import('esbuild').BuildOptions} */
function partedSettings() {
  return {
    ...SHARED_SETTINGS,
    entryPoints: PARTED,
    outdir: 'public',
    chunkNames: 'chunks/[name]-[hash]',
    format: 'esm',
    splitting: true,
    metafile: true,
    plugins: [
      {
        name: 'parts',
        setup: ({ onEnd }) => onEnd(async ({ metafile }) => void (metafile && (await listParts(metafile)))),
      },
    ],
  }
}

/**
 * Writes for the server which parts each script needs at once, and removes those of earlier builds.
 * @param {import('esbuild').Metafile} metafile
 */
async function listParts({ outputs }) {
  /** @type {(file: string) => string[]} */
  const withImports = (file) => [
    file,
    ...(outputs[file]?.imports ?? [])
      .filter(({ kind }) => kind === 'import-statement')
      .flatMap((imported) => withImports(imported.path)),
  ]
  const names = Object.keys(outputs).map((file) => path.basename(file))
  const parts = Object.fromEntries(
    Object.entries(outputs)
      .filter(([, { entryPoint }]) => entryPoint !== undefined)
      .map(([file]) => [
        path.basename(file).replace(/(-[0-9A-Z]{8})?\.js$/, ''),
        [...new Set(withImports(file))]
          .filter((needed) => needed.startsWith(PARTS))
          .map((needed) => path.relative('public', needed)),
      ]),
  )
  await writeFile(path.join(ROOT, PARTS, 'parts.json'), JSON.stringify(parts))
  for (const name of await readdir(path.join(ROOT, PARTS))) {
    if (name === 'parts.json' || names.includes(name.replace(/\.(br|gz)$/, ''))) continue
    await rm(path.join(ROOT, PARTS, name))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await bundle({ watch: process.argv.includes('--watch') })
