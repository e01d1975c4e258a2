/**
 * Opens browsers with windows on a screen of their own, which hold a page's timers back behind
 * another tab as people's browsers do.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, expect, type Page } from '@playwright/test'
import { WHOLE_BROWSER } from './e2e/browser.ts'
import { removeFolder } from './folders.ts'

export interface Screen {
  /** Opens a browser with a window, for one person. */
  open(): Promise<Window>
  /** Ends the browsers and the screen. */
  stop(): Promise<void>
}

export interface Window {
  readonly context: BrowserContext
  /** Lets go of the browser, which goes on: a driver lets every page believe that it is seen. */
  letGo(): Promise<void>
}

const ARGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
  '--use-fake-device-for-media-stream=fps=5',
  '--use-fake-ui-for-media-stream',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--allow-loopback-in-peer-connection',
  '--remote-debugging-port=0',
]

/** Starts an X server without a monitor. */
export async function startScreen(): Promise<Screen> {
  const server = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const display = await new Promise<string>((resolve, reject) => {
    server.once('error', reject)
    server.stdio[3]?.once('data', (chosen: Buffer) => resolve(`:${chosen.toString().trim()}`))
  })
  const browsers: (() => Promise<void>)[] = []
  return {
    async open() {
      const folder = mkdtempSync(join(tmpdir(), 'soulseer-window-'))
      const program = spawn(WHOLE_BROWSER, [...ARGS, `--user-data-dir=${folder}`, 'about:blank'], {
        stdio: 'ignore',
        env: { ...process.env, DISPLAY: display },
        detached: true,
      })
      browsers.push(() => end(program, folder))
      return attach(folder)
    },
    async stop() {
      for (const stop of browsers) await stop()
      server.kill()
    },
  }
}

async function attach(folder: string): Promise<Window> {
  const file = join(folder, 'DevToolsActivePort')
  const port = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n')[0] : undefined)
  await expect.poll(port, { message: 'the browser listens' }).toBeTruthy()
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port()}`)
  const [context] = browser.contexts()
  if (!context) throw new Error('the browser has no window')
  return { context, letGo: () => browser.close() }
}

async function end({ pid }: ChildProcess, folder: string): Promise<void> {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
  await removeFolder(folder)
}

/** Opens another tab in front of the page. */
export async function hide(page: Page): Promise<void> {
  const front = await page.context().newPage()
  await front.goto('about:blank')
  await front.bringToFront()
}
