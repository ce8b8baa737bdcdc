// Every command of bin/tollgate does what its help says, and ends with the code that scripts rely on: 0 done, 1 not, 2 called wrongly.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createCleanup } from './support/cleanup.ts'
import { envoyBinary } from './support/envoy-binaries.ts'
import { freePorts } from './support/free-ports.ts'
import { runTollgate, startTollgate, type TollgateResult } from './support/tollgate-process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

describe('the command line', () => {
  const cleanup = createCleanup()
  let directory: string

  before(async () => {
    directory = cleanup.defer(await mkdtemp(join(tmpdir(), 'tollgate-cli-')), (each) => rm(each, { recursive: true, force: true }))
    const [listen = 0, envoyAdmin = 0, admin = 0] = await freePorts(3)
    await writeFile(
      join(directory, 'tollgate.yaml'),
      `
providers: {openai: {api: openai, credential: {env: OPENAI_API_KEY}, price: free}}
models: {gpt: {providers: [openai]}}
callers: [{headers: {user: x-user-id}}]
limits: [{file: ratelimit.yaml}]
listen: {extproc: "unix:e.sock", ratelimit: "unix:r.sock", admin: "127.0.0.1:${admin}"}
envoy: {listen: "127.0.0.1:${listen}", admin: "127.0.0.1:${envoyAdmin}"}
`,
    )
    await writeFile(join(directory, 'ratelimit.yaml'), 'domain: tollgate\ndescriptors: [{key: user, rate_limit: {unit: hour, requests_per_unit: 100}}]\n')
    await writeFile(join(directory, 'broken.yaml'), 'providers: {openai: {api: opnai}}\nmodels: {gpt: {providers: [nobody]}}\nmodles: {}\n')
  })
  after(() => cleanup.run())

  function run(...programArguments: readonly string[]): Promise<TollgateResult> {
    return runTollgate(programArguments, { directory, environment: { OPENAI_API_KEY: 'sk-of-this-test', ENVOY_BIN: envoyBinary('1.40').path } })
  }

  it('tells its version and its commands', async () => {
    const version = await run('--version')
    assert.deepEqual(version, { code: 0, stdout: `${JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version}\n`, stderr: '' })
    const help = await run('--help')
    assert.equal(help.code, 0)
    for (const command of ['up', 'serve', 'envoy', 'check', 'doctor', 'prices', 'mock', 'schema']) assert.match(help.stdout, new RegExp(`^ {2}${command} .*[A-Z]`, 'm'))
    const ofCommand = await run('serve', '--help')
    assert.equal(ofCommand.code, 0)
    assert.match(ofCommand.stdout, /--drain-timeout <time>/)
  })

  for (const [what, programArguments, said] of [
    ['an unknown command', ['serv'], /unknown command 'serv'/],
    ['an unknown option', ['check', '--jsn'], /unknown option '--jsn'/],
    ['an option of another command', ['serve', '--mock'], /unknown option '--mock'/],
    ['a value that is not allowed', ['envoy', '--envoy-version', '1.20'], /1\.20.*Allowed choices are 1\.37/],
    ['a time that is none', ['serve', '--drain-timeout', 'soon'], /Write a time like 30s or 5m/],
    ['options that exclude each other', ['envoy', '--xds-dir', 'x', '-o', 'y'], /exclude each other/],
  ] as const) {
    it(`ends with 2 for ${what}`, async () => {
      const { code, stdout, stderr } = await run(...programArguments)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, said)
    })
  }

  it('without a command shows its help and ends with 2', async () => {
    const { code, stdout, stderr } = await run()
    assert.equal(code, 2)
    assert.match(stdout + stderr, /Usage: tollgate/)
  })

  it('check: says what is there, or every problem at its place', async () => {
    const good = await run('check')
    assert.equal(good.code, 0, good.stderr)
    assert.match(good.stdout, /tollgate\.yaml is valid: 1 provider, 1 model, 1 cost, 1 limit file \(revision \w+\)/)
    const bad = await run('check', '-c', 'broken.yaml')
    assert.deepEqual([bad.code, bad.stdout], [1, ''])
    const lines = bad.stderr.trim().split('\n')
    assert.deepEqual(lines.map((line) => /^(?:.*broken\.yaml:(\d+):\d+: .+|(\d+) problems\.)$/.exec(line)?.slice(1)), [['1', undefined], ['2', undefined], ['3', undefined], [undefined, '3']])
    const json = await run('check', '-c', 'broken.yaml', '--json')
    assert.equal(json.code, 1)
    const report = JSON.parse(json.stdout)
    assert.deepEqual([report.ok, report.problems.length, report.problems[0].line], [false, 3, 1])
  })

  it('envoy: prints a configuration that Envoy takes, as YAML, JSON, file or folder', async () => {
    const printed = await run('envoy')
    assert.equal(printed.code, 0, printed.stderr)
    assert.match(printed.stdout, /^# Envoy 1\.40 for tollgate, made from tollgate\.yaml/)
    const older = await run('envoy', '--envoy-version', '1.38', '--json', '--no-access-log')
    assert.equal(JSON.parse(older.stdout).static_resources.listeners.length, 1)
    assert.equal(older.stdout.includes('"access_log"'), false)
    const written = await run('envoy', '-o', 'envoy.yaml')
    assert.deepEqual([written.code, written.stdout], [0, ''])
    assert.equal(await readFile(join(directory, 'envoy.yaml'), 'utf8'), printed.stdout)
    const folder = await run('envoy', '--xds-dir', 'xds')
    assert.equal(folder.code, 0)
    assert.match(folder.stderr, /^Written: .*bootstrap\.yaml.* Start Envoy with: envoy -c .*bootstrap\.yaml/)
    assert.deepEqual((await readdir(join(directory, 'xds'))).filter((name) => !name.endsWith('.yaml')), [])
    assert.match((await run('envoy', '--xds-dir', 'xds')).stderr, /^Nothing has changed\./)
    for (const file of ['envoy.yaml', 'xds/bootstrap.yaml']) {
      const environment = { ...process.env, OPENAI_API_KEY: 'sk-of-this-test' }
      const validated = spawnSync(envoyBinary('1.40').path, ['--mode', 'validate', '-c', join(directory, file), '--use-dynamic-base-id'], { env: environment, encoding: 'utf8' })
      assert.equal(validated.status, 0, `${file}: ${validated.stderr}`)
    }
    assert.equal(printed.stdout.includes('sk-of-this-test'), false)
  })

  it('schema: prints what is published, and does not mind a reader that leaves', async () => {
    const { code, stdout } = await run('schema')
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(stdout), JSON.parse(await readFile(join(root, 'schema', 'tollgate.schema.json'), 'utf8')))
    for (const [reader, read] of [['head -n 1', '{\n'], ['true', '']]) {
      const piped = spawnSync('bash', ['-c', `set -o pipefail; "$0" "$1" schema | ${reader}`, process.execPath, join(root, 'bin', 'tollgate')], { cwd: directory, encoding: 'utf8' })
      assert.deepEqual([piped.status, piped.stdout, piped.stderr], [0, read, ''], reader)
    }
  })

  it('mock: plays a provider until it is told to stop', async () => {
    const [port = 0] = await freePorts(1)
    const mock = cleanup.defer(startTollgate(['mock', '--api', 'anthropic', '--listen', `127.0.0.1:${port}`], { directory }), (each) => each.stop())
    await mock.saying(`A mock of anthropic listens on http://127.0.0.1:${port}.`)
    const body = JSON.stringify({ model: 'claude', max_tokens: 20, messages: [{ role: 'user', content: 'Hello' }] })
    const answer = await fetch(`http://127.0.0.1:${port}/v1/messages`, { method: 'POST', body, headers: { 'anthropic-version': '2023-06-01' } })
    assert.equal(answer.status, 200)
    const taken = await run('mock', '--listen', `127.0.0.1:${port}`)
    assert.equal(taken.code, 1)
    assert.match(taken.stderr, /The mock could not start on 127\.0\.0\.1:\d+: .*EADDRINUSE/)
    mock.kill('SIGINT')
    assert.equal(await mock.exited, 0)
  })

  it('doctor: finds nothing wrong with a stack that runs, and says what is missing of one that does not', async () => {
    const nothing = await run('doctor')
    assert.equal(nothing.code, 1)
    assert.deepEqual(nothing.stdout.match(/^WRONG .*$/gm)?.map((line) => line.replace(/(?: on |:).*/, '')), [
      'WRONG the external processor cannot be reached',
      'WRONG the rate limit service cannot be reached',
      'WRONG Tollgate is not ready',
      "WRONG Envoy's admin interface cannot be reached",
    ])
    const environment = { ENVOY_BIN: envoyBinary('1.40').path, OPENAI_API_KEY: undefined }
    const stack = cleanup.defer(startTollgate(['up', '--mock'], { directory, environment }), (each) => each.stop())
    await stack.saying('Ctrl-C stops everything.')
    const healthy = await run('doctor', '--json')
    assert.equal(healthy.code, 0, healthy.stdout)
    const findings: readonly { readonly what: string }[] = JSON.parse(healthy.stdout)
    assert.ok(findings.some(({ what }) => what === "Tollgate's filter is attached to a listener"))
    assert.ok(findings.some(({ what }) => what.startsWith('Envoy is 1.40.')))
    stack.kill('SIGINT')
    assert.equal(await stack.exited, 0)
  })
})
