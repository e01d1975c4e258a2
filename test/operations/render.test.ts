/** Tests the blueprint for Render. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../config.ts'

const ROOT = new URL('../../', import.meta.url)
const blueprint = readFileSync(new URL('render.yaml', ROOT), 'utf8')
const lines = blueprint.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))

/** Returns the value of a key, which occurs once in the file. */
const settingOf = (key: string): string | undefined => {
  const found = lines
    .map((line) => line.trim().replace(/^- /, ''))
    .filter((line) => line.startsWith(`${key}:`))
  expect(found.length, `${key} stands once`).toBe(1)
  return found[0]?.slice(key.length + 1).trim()
}

/** Each environment variable with the line that says where its value comes from. */
const variables: Record<string, string> = Object.fromEntries(
  lines.flatMap((line, index) => {
    const key = /^\s+- key: (\w+)$/.exec(line)?.[1]
    return key ? [[key, (lines[index + 1] ?? '').trim()]] : []
  }),
)

describe('the Render blueprint', () => {
  it.each([
    ['type', 'web'],
    ['runtime', 'node'],
    ['buildCommand', 'npm ci --include=dev && npm run build'],
    ['startCommand', 'node --no-memory-reducer dist/server.js'],
    ['healthCheckPath', '/healthz'],
    ['numInstances', '1'],
    ['autoDeployTrigger', 'checksPass'],
    ['mountPath', '/opt/render/project/src/logic'],
  ])('%s is %s', (key, value) => {
    expect(settingOf(key)).toBe(value)
  })

  it.each(['plan', 'region', 'branch', 'sizeGB'])('%s is chosen', (key) => {
    expect(settingOf(key)).toMatch(/^\w+$/)
  })

  // Render adds the www of a root domain itself: https://render.com/docs/custom-domains
  it('names the root domain alone', () => {
    const domains = lines.slice(lines.findIndex((line) => line.trim() === 'domains:') + 1)
    expect(domains[0]?.trim()).toBe('- soulseer.app')
    expect(domains[1]).not.toMatch(/^\s+- /)
  })

  // Render refuses the blueprint otherwise: https://render.com/docs/disks,
  // https://render.com/docs/blueprint-spec
  it.each([
    ['maxShutdownDelaySeconds', 'a service with a disk may not have one'],
    ['generation', '"off" is no value for a single service; without the field there are no previews'],
    ['renderSubdomainPolicy', 'no address would work before DNS is verified'],
  ])('has no %s: %s', (key) => {
    expect(blueprint).not.toContain(`${key}:`)
  })

  it('uses no field that Render has retired, and is indented by spaces', () => {
    expect(blueprint).not.toMatch(/^\s*(env|autoDeploy|pullRequestPreviewsEnabled|previewsEnabled):/m)
    expect(blueprint).not.toContain('\t')
  })

  it('leaves every secret to be filled in, or has it made', () => {
    for (const [key, source] of Object.entries(variables)) {
      if (/SECRET|TOKEN|STRIPE/.test(key)) expect(source, key).toMatch(/^(sync: false|generateValue: true)$/)
    }
    expect(variables.EXPECT_DATA).toBe('sync: false')
  })

  it('names settings that there are, and with values filled in the server would start', () => {
    const filled: Record<string, string> = {}
    for (const [key, source] of Object.entries(variables)) {
      // Render makes 32 bytes in base64: https://render.com/docs/blueprint-spec
      const made = Buffer.alloc(32, 7).toString('base64')
      filled[key] = source.startsWith('value: ') ? source.slice('value: '.length) : made
    }
    const config = readConfig({
      ...filled,
      STRIPE_SECRET_KEY: 'sk_live_a',
      STRIPE_PUBLISHABLE_KEY: 'pk_live_a',
      STRIPE_WEBHOOK_SECRET: 'whsec_a',
      TURN_URLS: 'turns:turn.soulseer.app:443',
      SMTP_URL: 'smtps://user:password@smtp.example.com',
      EXPECT_DATA: 'yes',
      BACKUP_BUCKET_URL: 'https://s3.example.com/soulseer',
    })
    const ours = Object.keys(variables).filter((key) => !['NODE_OPTIONS'].includes(key))
    expect(ours.filter((key) => !(key in config))).toEqual([])
    expect(config).toMatchObject({ PUBLIC_ORIGIN: 'https://soulseer.app', ICE_TRANSPORT_POLICY: 'relay' })
  })

  it('mounts the disk over a folder that holds no code', () => {
    expect(existsSync(new URL('logic', ROOT))).toBe(true)
    expect(variables.DATA_DIR).toBe(`value: ${settingOf('mountPath')}`)
  })
})
