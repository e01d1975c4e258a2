/**
 * Bundles the server's programs, the pages' scripts and their style; fails when a file is too big
 * for a phone.
 */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzipSync } from 'node:zlib'
import { build, context } from 'esbuild'

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

const PAGE_FILES = [
  { source: 'browser/theme-first.ts', target: 'public/theme.js', mostKb: 1 },
  { source: 'browser/worker.ts', target: 'public/worker.js', mostKb: 2 },
  { source: 'browser/timer-worker.ts', target: 'public/timers.js', mostKb: 1 },
  { source: 'browser/main-back.ts', target: 'public/back.js', mostKb: 1 },
  { source: 'browser/main-home.ts', target: 'public/home.js', mostKb: 60 },
  { source: 'browser/main-recovery.tsx', target: 'public/recovery.js', mostKb: 20 },
  { source: 'browser/main.ts', target: 'public/client.js', mostKb: 90 },
  { source: 'browser/main-account.ts', target: 'public/account.js', mostKb: 90 },
  { source: 'browser/passkeys/webauthn.ts', target: 'public/passkeys.js', mostKb: 5 },
  { source: 'browser/payments/stripe-standin.ts', target: 'public/stripe-standin.js', mostKb: 20 },
  { source: 'browser/styles/main.css', target: 'public/style.css', mostKb: 15 },
]

/**
 * Started often, and in one file with their packages in half the time
 * (docs/decisions/0060-bundled-programs.md).
 */
const PROGRAMS = [
  'server.js',
  ...['admin', 'books', 'check-turn'].map((name) => `scripts/${name}.js`),
  'dev/seed/seed.js',
]

const compress = promisify(brotliCompress)

/**
 * Served as they are: one runs before the first paint, two in browsers that know no modules, beside
 * the pages.
 */
const CLASSIC = ['public/theme.js', 'public/worker.js', 'public/timers.js']

/**
 * Bundles every script and the style. With `watch` it does so again at every change; returns a
 * function that stops it.
 * @param {{ watch?: boolean }} [how]
 * @returns {Promise<() => Promise<void>>}
 */
export async function bundle({ watch = false } = {}) {
  const stops = await Promise.all(
    PAGE_FILES.map((file) => (watch ? watchPageFile(file) : buildPageFile(file))),
  )
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

/**
 * Rejects a file that is over its budget (as gzip, which every browser takes), and puts both
 * compressed copies beside it.
 * @param {{ target: string, mostKb: number }} file
 */
async function measureAndCompress({ target, mostKb }) {
  const text = await readFile(path.join(ROOT, target))
  const gzipped = gzipSync(text, { level: constants.Z_BEST_COMPRESSION })
  const size = `${(gzipped.length / 1024).toFixed(1)} KB compressed`
  if (gzipped.length > mostKb * 1024) throw new Error(`${target}: ${size}, more than ${mostKb} KB`)
  await writeFile(path.join(ROOT, `${target}.gz`), gzipped)
  await writeFile(path.join(ROOT, `${target}.br`), await compress(text))
  console.log(`${target}: ${size} of ${mostKb}`)
}

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
    absWorkingDir: ROOT,
    entryPoints: [source],
    outfile: target,
    bundle: true,
    minify: true,
    format: CLASSIC.includes(target) ? 'iife' : 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    external: ['/fonts/*'], // served as they are
    logLevel: 'warning',
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await bundle({ watch: process.argv.includes('--watch') })
