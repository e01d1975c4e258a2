/**
 * `npm run start:production-like`: the server with production's settings behind a stand-in for
 * Render's proxies, for a Chromium that resolves soulseer.app to this machine. Stripe's test keys
 * are taken from the environment, where they are set.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildIfStale, install, main } from '../scripts/setup.js'
import { startRenderProxy } from './render-proxy.js'

await main(async () => {
  await install()
  await buildIfStale()
})

const child = spawn(process.execPath, ['--no-memory-reducer', 'dist/server.js'], {
  env: {
    STRIPE_SECRET_KEY: 'sk_test_none',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_none',
    STRIPE_WEBHOOK_SECRET: 'whsec_none',
    SESSION_SECRET: randomBytes(32).toString('base64url'),
    DATA_KEY: keptDataKey(),
    ...process.env,
    NODE_ENV: 'production',
    STRIPE_TEST_MODE: 'yes',
    HOST: '127.0.0.1',
    PORT: '0',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.on(signal, () => child.kill(signal))
child.once('exit', (code) => process.exit(code ?? 1))

for await (const line of createInterface(child.stdout)) {
  console.log(line)
  const target = /ready at (\S+),/.exec(line)?.[1]
  if (!target) continue
  const { httpsPort, httpPort } = await startRenderProxy({ target })
  const rules = `MAP soulseer.app:443 127.0.0.1:${httpsPort}, MAP soulseer.app:80 127.0.0.1:${httpPort}`
  console.log(
    `Open it with:\nchromium --user-data-dir=/tmp/soulseer-like --ignore-certificate-errors --host-resolver-rules="${rules}" https://soulseer.app/`,
  )
}

/** Returns the key that a development server keeps in the same folder, or makes it. */
function keptDataKey() {
  const folder = process.env.DATA_DIR || 'logic'
  const file = join(folder, 'data-key')
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const key = randomBytes(32).toString('base64')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(file, key, { mode: 0o600 })
  return key
}
