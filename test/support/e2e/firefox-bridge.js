#!/usr/bin/env node
/**
 * Starts the Firefox that the system installed and relays between it and Playwright, which speaks a
 * newer draft of WebDriver BiDi with commands that this Firefox does not have. The bridge
 * acknowledges those that only set the look of a page; everything else passes as it is.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import { WebSocket, WebSocketServer } from 'ws'

/** Commands that may be left out: a page then has the look that the profile says. */
const LEFT_OUT = new Set(['emulation.setMediaFeaturesOverride'])
const READY = /^WebDriver BiDi listening on (ws:\/\/\S+)$/

const program = process.env.FIREFOX_PROGRAM ?? 'firefox-esr'
const firefox = spawn(program, process.argv.slice(2), { stdio: ['ignore', 'inherit', 'pipe'] })
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP'])) {
  process.on(signal, () => void firefox.kill(signal))
}
process.once('exit', () => void firefox.kill('SIGKILL'))
firefox.once('exit', (code) => process.exit(code ?? 1))
firefox.once('error', (error) => {
  console.error(`${program} could not be started: ${error.message}`)
  process.exit(1)
})

createInterface(firefox.stderr).on('line', async (line) => {
  const address = READY.exec(line)?.[1]
  if (!address) return void console.error(line)
  const server = createServer().listen(0, '127.0.0.1')
  new WebSocketServer({ server }).on('connection', (driver, { url }) => relay(driver, `${address}${url}`))
  await once(server, 'listening')
  const own = server.address()
  if (own && typeof own === 'object') {
    console.error(`WebDriver BiDi listening on ws://127.0.0.1:${own.port}`)
  }
})

/**
 * Passes what one side says to the other, in order.
 * @param {WebSocket} driver
 * @param {string} address
 */
function relay(driver, address) {
  const browser = new WebSocket(address, { perMessageDeflate: false, maxPayload: 256 * 1024 * 1024 })
  /** @type {string[]} what the driver said before the browser's end was open */
  const early = []
  driver.on('message', (data) => {
    const text = String(data)
    const { id, method } = JSON.parse(text)
    if (LEFT_OUT.has(method)) return driver.send(JSON.stringify({ type: 'success', id, result: {} }))
    if (browser.readyState === WebSocket.OPEN) browser.send(text)
    else early.push(text)
  })
  browser.on('open', () => {
    for (const text of early.splice(0)) browser.send(text)
  })
  browser.on('message', (data) => driver.send(String(data)))
  browser.on('close', () => driver.close())
  browser.on('error', () => driver.close())
  driver.on('close', () => browser.close())
}
