/** Checks the packages and their versions. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8')

interface Locked {
  version?: string
  resolved?: string
  integrity?: string
  hasInstallScript?: boolean
  link?: boolean
}

const lock: { packages: Record<string, Locked> } = JSON.parse(read('package-lock.json'))
const manifest: Record<'dependencies' | 'devDependencies', Record<string, string>> = JSON.parse(
  read('package.json'),
)
const locked = Object.entries(lock.packages).filter(([path]) => path !== '')
const nameOf = (path: string) => path.split('node_modules/').at(-1) ?? path

const NAMED = { ...manifest.dependencies, ...manifest.devDependencies }

/** The version in which a flaw that reaches us was mended. */
const FLOORS: Record<string, string> = {
  'socket.io': '4.8.3',
  'engine.io': '6.6.9',
  'socket.io-parser': '4.2.6',
  ws: '8.21.0',
  'body-parser': '2.3.0',
  qs: '6.16.0',
  bcrypt: '5.0.0',
  aws4fetch: '1.0.20',
}

/** These bring binaries that are made for the machine. */
const MAY_RUN_AT_INSTALL = ['bcrypt', 'esbuild', 'fsevents']

const isAtLeast = (version: string, floor: string): boolean =>
  version.localeCompare(floor, 'en', { numeric: true }) >= 0

describe('packages', () => {
  it.each(Object.entries(FLOORS))('[P-1] %s is at least %s', (name, floor) => {
    const found = locked.filter(([path]) => nameOf(path) === name)
    expect(found.length).toBeGreaterThan(0)
    for (const [path, { version = '0' }] of found)
      expect(isAtLeast(version, floor), `${path} ${version}`).toBe(true)
  })

  it('[P-2] run nothing when they are installed, but for these', () => {
    const running = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => nameOf(path))
    expect(running.filter((name) => !MAY_RUN_AT_INSTALL.includes(name))).toEqual([])
  })

  it('[P-3] come from the registry, each with its checksum', () => {
    for (const [path, { resolved = '', integrity = '', link }] of locked) {
      expect(link, path).toBeUndefined()
      // npm leaves the address out where it is the registry's own.
      if (resolved !== '') expect(resolved, path).toMatch(/^https:\/\/registry\.npmjs\.org\//)
      expect(integrity, path).toMatch(/^sha512-/)
    }
  })

  it('are named exactly, and as the lock has them', () => {
    for (const [name, version] of Object.entries(NAMED)) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version)
    }
  })

  it('are fourteen at the most where the server runs', () => {
    expect(Object.keys(manifest.dependencies).length).toBeLessThanOrEqual(14)
  })

  it('[P-4] bring nothing of the server into the pages', () => {
    const built = readdirSync(new URL('public', ROOT), { recursive: true }).map(String)
    const scripts = built.filter((name) => name.endsWith('.js'))
    expect(scripts.some((name) => name.startsWith('chunks/'))).toBe(true)
    expect(built.filter((name) => name.endsWith('.map'))).toEqual([])
    for (const name of scripts) {
      expect(read(`public/${name}`), name).not.toMatch(
        /STRIPE_SECRET_KEY|SESSION_SECRET|passwordHash|bcrypt|ZodError|sourceMappingURL/,
      )
    }
  })
})
