/** Checks that each floor imports only what is below it, without circles. */
import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  circlesIn,
  codeIn,
  exportsIn,
  functionsIn,
  type Import,
  importsIn,
  productFiles,
  ROOT,
  textOf,
} from './support/sources.ts'

const product = productFiles()
const atTheTop = readdirSync(ROOT).filter((name) => product.includes(name))

/** Returns the files of a floor: a folder with all its sub-folders, or a file at the root. */
const files = (floor: string): string[] =>
  product.filter((file) => file === floor || file.startsWith(`${floor}/`))

const imports = new Map(product.map((file) => [file, importsIn(file, textOf(file))]))
const resolved = (file: string): readonly Import[] => imports.get(file) ?? []

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
    /^(bcrypt|stripe|pino|aws4fetch|nodemailer\/lib\/(mail-composer|smtp-connection))$/,
    /^@simplewebauthn\/server(\/helpers)?$/,
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
  'dev/states': [/^dev\/states\//, /^browser\//, /^shared\//, /^express$/, /^node:fs$/],
  'dev/mailbox': [/^dev\/mailbox\//, /^engine\/mail\/letter\.ts$/, /^express$/, /^node:/],
  'app.ts': [
    /^(signaling\.ts|routes\/|http\/|sockets\/|engine\/|domain\/|shared\/)/,
    /^(express|socket\.io)$/,
    /^node:/,
  ],
  'signaling.ts': [/^(sockets\/|http\/|engine\/|domain\/|shared\/)/, /^socket\.io$/, /^node:/],
  'config.ts': [/^(engine\/|domain\/|shared\/)/, /^zod$/, /^node:/],
  browser: [
    /^browser\//,
    /^shared\//,
    /^preact(\/|$)/,
    /^@preact\/signals$/,
    /^socket\.io-client$/,
    /^lucide$/,
    /^@simplewebauthn\/browser$/,
  ],
}

/** Returns the line of the table that a file belongs to. */
const floorOf = (file: string): string => {
  const [top = '', below = ''] = file.split('/')
  return top === 'dev' && below !== '' && !below.includes('.') ? `${top}/${below}` : top
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

  it('has a line for every floor but those that may import everything', () => {
    const EVERYTHING = ['server.ts', 'scripts', 'dev', 'dev/seed']
    const floors = [...atTheTop, ...product.map(floorOf)].filter((floor) => !EVERYTHING.includes(floor))
    expect([...new Set(floors)].sort()).toEqual(Object.keys(TABLE).sort())
  })

  it('only the composition root, scripts, seeds and tests know an adapter', () => {
    const users = product.filter((file) => resolved(file).some(({ path }) => path.startsWith('adapters/')))
    const others = users.filter((file) => !/^(server\.ts$|scripts\/|dev\/seed\/|adapters\/)/.test(file))
    expect(others).toEqual([])
  })

  it('nothing but the root knows the stand-in for Stripe', () => {
    const others = product.filter((file) => !file.startsWith('dev/stripe/'))
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
  it.each(['domain', 'shared'])('%s takes neither the time, chance nor a timer', (floor) => {
    const wrong = files(floor).filter((file) =>
      /Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|performance\.|process\.|from 'node:/.test(
        textOf(file),
      ),
    )
    expect(wrong).toEqual([])
  })
})

describe('the environment', () => {
  it('is read in config.ts, and handed to it by server.ts', () => {
    const readers = product.filter(
      (file) =>
        /\.tsx?$/.test(file) && !/^(scripts|dev\/seed)\//.test(file) && textOf(file).includes('process.env'),
    )
    expect(readers).toEqual(['server.ts'])
  })
})

const LONGEST_FUNCTION = 100
const MOST_FILES = 25

/** Why a function is longer than the others may be. */
const LONG_FUNCTIONS: Record<string, string> = {}

/** Why a value is exported that no other file of the product imports. */
const EXPORTED_FOR_TESTS: Record<string, readonly string[]> = {
  'a bound that tests go up to': [
    'adapters/system/work-queue.ts LONGEST_WAIT_MS',
    'adapters/system/work-queue.ts MOST_WAITING',
    'browser/call/talk/frame-limits.ts FRAMES_BURST',
    'browser/call/talk/frame-limits.ts FRAME_CHARS_MAX',
    'browser/session/chat/chat-memory.ts KEPT_CHARS_MAX',
    'domain/session.ts SENT_AT_A_CHANGE',
    'http/bounded-map.ts LONGEST_KEY',
    'http/bounded-map.ts MOST_KEYS',
    'http/rate-limiter.ts LIMITS',
    'sockets/broadcast.ts SENT_EVERY_MS',
  ],
  'a rule of its own, held to by a table of cases or by generated ones': [
    'adapters/turn/check.ts wordsForFailure',
    'adapters/turn/check.ts wordsForRefusal',
    'adapters/turn/connection.ts takeMessages',
    'browser/call/quality.ts createClimb',
    'browser/call/quality.ts gradeOf',
    'browser/call/quality.ts verdict',
    'browser/devices/environment.ts sortOut',
    'browser/devices/messages.ts browserOf',
    'browser/devices/sound.ts levelOf',
    'browser/lib/trusted-types.ts allowedScript',
    'browser/session/summary/figures.ts linesOf',
    'domain/billing.ts meterMs',
    'domain/billing.ts owed',
    'domain/billing.ts readerShare',
    'domain/billing.ts timeToOwe',
    'domain/billing.ts zeroMs',
    'domain/earnings.ts calendarOf',
    'engine/payments/polling-schedule.ts nextAge',
    'sockets/fast-path.ts textFrame',
  ],
  'made once with the real browser in its own file, and by tests with another': [
    'browser/call/steady-timers.ts createSteadyTimers',
    'browser/devices/memory.ts createDeviceMemory',
  ],
  'bundled into the catalogue of states in the place of the real one': [
    'dev/states/page/call.ts createCall',
    'dev/states/page/socket.ts io',
  ],
  'called by scripts/start.js in dist, and by tests': ['server.ts run', 'server.ts start'],
  'an error that tests recognize': ['adapters/store/disk/disk.ts UnfitFolder', 'config.ts BadConfig'],
  'shown at every hour of a week by a table of tests': ['adapters/backup/schedule.ts isDue'],
  'a tool for tests as much as for people': [
    'dev/render-proxy.js makeCertificate',
    'dev/stripe/webhooks.ts signature',
    'scripts/setup.js findProgram',
    'scripts/test-parts.js partOf',
    'scripts/test-parts.js testFiles',
  ],
}

describe('the size of things', () => {
  it(`is at most ${LONGEST_FUNCTION} lines for a function of the product`, () => {
    const long = product.flatMap((file) =>
      functionsIn(textOf(file))
        .filter(({ lines }) => lines > LONGEST_FUNCTION)
        .map(({ name }) => `${file} ${name}`),
    )
    expect(long.sort()).toEqual(Object.keys(LONG_FUNCTIONS).sort())
  })

  it(`is at most ${MOST_FILES} files of code for a folder of the product`, () => {
    const folders = product.map(dirname)
    const inside = (folder: string) => folders.filter((other) => other === folder).length
    expect([...new Set(folders)].filter((folder) => inside(folder) > MOST_FILES)).toEqual([])
  })
})

describe('imports', () => {
  it('run in no circle, types and tests included', () => {
    const graph = codeIn('.').map((file): [string, string[]] => {
      const found = importsIn(file, textOf(file))
      return [file, found.map(({ path }) => path)]
    })
    expect(circlesIn(new Map(graph))).toEqual([])
  })

  it('use every value that the product exports, but for those that tests need', () => {
    const taken = new Set(
      [...imports.values()].flat().flatMap(({ path, names }) => names.map((name) => `${path} ${name}`)),
    )
    const unused = product
      .flatMap((file) => exportsIn(textOf(file)).map((name) => `${file} ${name}`))
      .filter((value) => !taken.has(value))
    expect(unused.sort()).toEqual(Object.values(EXPORTED_FOR_TESTS).flat().sort())
  })
})

describe('these checks', () => {
  it('see a circle through types and dynamic imports', () => {
    const texts = {
      'a/one.ts': "import type { Two } from '../b/two.ts'\n",
      'b/two.ts': "const three = await import('./three.ts')\n",
      'b/three.ts': "export {\n  one,\n} from '../a/one.ts'\nimport './aside.ts'\n",
      'b/aside.ts': "import { two } from './two.js'\n",
    }
    const graph = Object.entries(texts).map(([file, text]): [string, string[]] => [
      file,
      importsIn(file, text).map(({ path }) => path),
    ])
    expect(circlesIn(new Map(graph))).toEqual([['a/one.ts', 'b/three.ts', 'b/two.ts']])
  })

  it('count the lines of functions of every form', () => {
    const text = [
      'export async function first({',
      '  one,',
      '}: Parts): Promise<void> {',
      '  const second = (',
      '    two: number,',
      '  ) => {',
      '    if (two) {',
      '    }',
      '  }',
      '  return {',
      '    third(): void {',
      '',
      '    },',
      '  }',
      '}',
    ]
    expect(functionsIn(text.join('\n'))).toEqual([
      { name: 'first', lines: 15 },
      { name: 'second', lines: 6 },
      { name: 'third', lines: 3 },
    ])
  })
})
