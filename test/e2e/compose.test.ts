// docker-compose.yml and Dockerfile as far as they can be checked without a Docker engine: their structure, the commands they run with our own
// command line, the Envoy configuration they render with the real Envoy, and their health checks against a real server.

import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { startMockProvider } from '../../src/mock/mock-provider.ts'
import { envoyBinary } from './support/envoy-binaries.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = join(root, 'bin', 'tollgate')
const read = (name: string): string => readFileSync(join(root, name), 'utf8')

// The part of the Compose specification (compose-spec.io) that the file uses; strict, so that a misspelt key is found.
const condition = z.enum(['service_started', 'service_healthy', 'service_completed_successfully'])
const duration = z.string().regex(/^\d+s$/)
const service = z.strictObject({
  build: z.literal('.').optional(),
  image: z.string(),
  restart: z.enum(['no', 'unless-stopped']),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string().regex(/^\d+:\d+$/)).optional(),
  expose: z.array(z.string().regex(/^\d+$/)).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition })).optional(),
  stop_grace_period: duration.optional(),
  healthcheck: z
    .union([
      z.strictObject({ disable: z.literal(true) }),
      z.strictObject({ test: z.array(z.string()), interval: duration, timeout: duration, start_period: duration.optional(), retries: z.number() }),
    ])
    .optional(),
})
const composeFile = z.strictObject({ 'x-tollgate': z.unknown(), services: z.record(z.string(), service), volumes: z.record(z.string(), z.null()) })

const compose = composeFile.parse(parse(read('docker-compose.yml'), { merge: true }))
const services = new Map(Object.entries(compose.services))
const ours = [...services.values()].filter((each) => each.image === 'tollgate:local')
const commandOf = (name: string): readonly string[] => services.get(name)?.command ?? []

/** The Dockerfile's instructions, continuation lines joined. */
const instructions = read('Dockerfile').replaceAll('\\\n', ' ').split('\n').filter((line) => /^[A-Z]+ /.test(line))

describe('docker-compose.yml', () => {
  const home = mkdtempSync(join(tmpdir(), 'tollgate-compose-'))
  after(() => rmSync(home, { recursive: true }))

  it('has the services of the stack, and publishes Envoy only', () => {
    assert.deepEqual([...services.keys()].toSorted(), ['envoy', 'envoy-config', 'mock-anthropic', 'mock-openai', 'redis', 'tollgate'])
    assert.deepEqual([...services].flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`)), ['envoy 10000:10000'])
    assert.equal(services.get('envoy')?.image, 'envoyproxy/envoy:v1.40.0')
  })

  it('waits for services that exist, for health only where it is checked', () => {
    for (const [name, { depends_on: dependencies = {} }] of services) {
      for (const [other, { condition: wanted }] of Object.entries(dependencies)) {
        const target = services.get(other)
        assert.ok(target, `${name} depends on ${other}`)
        const check = target.image === 'tollgate:local' ? (target.healthcheck ?? { test: [] }) : target.healthcheck
        assert.ok(wanted !== 'service_healthy' || (check !== undefined && 'test' in check), `${name} waits for the health of ${other}, which has no check`)
        assert.ok(wanted !== 'service_completed_successfully' || target.restart === 'no', `${name} waits for the end of ${other}, which starts again`)
      }
    }
  })

  it('mounts volumes and files that exist', () => {
    for (const mount of [...services.values()].flatMap(({ volumes = [] }) => volumes)) {
      const [source = ''] = mount.split(':')
      assert.ok(source.startsWith('./') ? existsSync(join(root, source)) : source in compose.volumes, `${mount}: no ${source}`)
    }
  })

  it('runs commands and options that the command line has', () => {
    for (const { command } of ours) {
      const [name = '', ...options] = command
      const help = execFileSync(process.execPath, [bin, name, '--help'], { encoding: 'utf8' })
      for (const option of options) assert.ok(help.includes(` ${option.split('=')[0]} `), `tollgate ${name} has no ${option}`)
    }
  })

  it('renders a configuration that Envoy accepts, with the addresses of the other services', () => {
    const envoyFile = join(home, 'envoy.yaml')
    const placed = commandOf('envoy-config').map((argument) => argument.replace('/etc/tollgate/', `${join(root, 'deploy/compose')}/`).replace('/config/envoy.yaml', envoyFile))
    execFileSync(process.execPath, [bin, ...placed], { stdio: ['ignore', 'inherit', 'pipe'] })
    const environment = { ...process.env, ...services.get('envoy')?.environment }
    const validated = spawnSync(envoyBinary('1.40').path, ['--mode', 'validate', '-c', envoyFile], { env: environment, encoding: 'utf8' })
    assert.equal(validated.status, 0, validated.stderr)
    const rendered = readFileSync(envoyFile, 'utf8')
    for (const host of ['tollgate', 'mock-openai', 'mock-anthropic']) assert.match(rendered, new RegExp(`address: ${host}\\b`))
    assert.match(rendered, /address: 0\.0\.0\.0/)
  })

  it('gives the keys that the configuration names to both who need them', () => {
    const names = [...read('deploy/compose/tollgate.yaml').matchAll(/env: (\w+)/g)].map((match) => match[1] ?? '')
    assert.equal(names.length, 2)
    for (const name of ['tollgate', 'envoy']) assert.deepEqual(Object.keys(services.get(name)?.environment ?? {}), names)
  })

  it('checks the health of a mock with a command that works', async () => {
    const mock = await startMockProvider({ api: 'openai', address: '127.0.0.1:0' })
    const check = services.get('mock-openai')?.healthcheck
    assert.ok(check !== undefined && 'test' in check)
    const [kind, program, flag, text = ''] = check.test
    assert.deepEqual([kind, program, flag], ['CMD', 'node', '-e'])
    assert.equal(await exitCodeOf(text.replace('127.0.0.1:8000', `127.0.0.1:${mock.port}`)), 0)
    await mock.close()
    assert.equal(await exitCodeOf(text.replace('127.0.0.1:8000', `127.0.0.1:${mock.port}`)), 1)
  })
})

describe('Dockerfile', () => {
  it('builds in one stage and runs in another, not as root', () => {
    assert.deepEqual(instructions.filter((line) => line.startsWith('FROM ')), ['FROM node:24-slim AS build', 'FROM node:24-slim'])
    const last = instructions.slice(instructions.lastIndexOf('FROM node:24-slim'))
    assert.ok(last.includes('USER node'))
    assert.ok(instructions.some((line) => line.includes('npm prune --omit=dev')))
  })

  it('copies files that exist and that .dockerignore lets through', () => {
    const allowed = read('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    const copied = instructions.filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(' ').slice(1, -1))
    assert.ok(copied.length > 5)
    for (const source of copied) assert.ok(existsSync(join(root, source)) && allowed.includes(source), `${source} is not there for the build`)
  })

  it('starts the bundle, and checks its health with a command that parses', async () => {
    assert.ok(instructions.includes('ENTRYPOINT ["node", "/app/dist/main.js"]'))
    const line = instructions.find((each) => each.startsWith('HEALTHCHECK ')) ?? ''
    const command = z.array(z.string()).parse(JSON.parse(line.slice(line.indexOf('['))))
    assert.deepEqual(command.slice(0, 2), ['node', '-e'])
    const mock = await startMockProvider({ api: 'openai', address: '127.0.0.1:0' })
    const text = command[2] ?? ''
    const place = (path: string): string => text.replace('127.0.0.1:9090/readyz', `127.0.0.1:${mock.port}${path}`)
    assert.deepEqual([await exitCodeOf(place('/mock/health')), await exitCodeOf(place('/none'))], [0, 1])
    await mock.close()
  })
})

function exitCodeOf(text: string): Promise<number | null> {
  return new Promise((resolve) => {
    spawn(process.execPath, ['-e', text], { stdio: 'inherit' }).once('exit', resolve)
  })
}
