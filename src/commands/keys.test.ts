import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Command } from 'commander'
import { scratchFolder } from '../../test/support/grpc-client.ts'
import { isApiKey } from '../callers/api-key.ts'
import { CommandError } from './command-error.ts'
import { addKeysCommand } from './keys.ts'

const callers = '[{api_keys: keys.yaml, attributes: [project]}]'
const yaml = (callerList: string) => `
providers: {openai: {api: openai, url: "http://127.0.0.1:1"}}
models: {gpt-4o: {providers: [openai]}}
callers: ${callerList}
limits: [{file: limits.yaml}]
`
const limits = 'domain: d\ndescriptors: [{key: user, descriptors: [{key: model, rate_limit: {unit: hour, requests_per_unit: 1}}]}]\n'

describe('tollgate keys', () => {
  let folder: Awaited<ReturnType<typeof scratchFolder>>
  beforeEach(async () => {
    folder = await scratchFolder()
    await writeFile(join(folder.path, 'tollgate.yaml'), yaml(callers))
    await writeFile(join(folder.path, 'limits.yaml'), limits)
  })
  afterEach(() => folder.remove())

  async function run(...words: readonly string[]): Promise<{ stdout: string; stderr: string }> {
    let stdout = ''
    let stderr = ''
    const program = new Command('tollgate').exitOverride()
    addKeysCommand(program, {
      env: {},
      cwd: folder.path,
      stdout: (text) => (stdout += text),
      stderr: (text) => (stderr += text),
      isTerminal: false,
      terminalSize: () => undefined,
      terminated: new Promise(() => undefined),
      sleep: () => Promise.resolve(),
    })
    await program.parseAsync(['keys', ...words, '-c', join(folder.path, 'tollgate.yaml')], { from: 'user' })
    return { stdout, stderr }
  }
  const refusal = (exitCode: 1 | 2, message: RegExp) => (thrown: unknown) => thrown instanceof CommandError && thrown.exitCode === exitCode && message.test(thrown.message)

  it('prints a new key alone, and keeps nothing that it could be made of', async () => {
    const { stdout, stderr } = await run('new', '--user', 'alice', '-a', 'project=apollo', '--models', 'gpt-4o*', 'claude', '--expires', '90d')
    const key = stdout.trim()
    assert.ok(isApiKey(key))
    assert.match(stderr, /warning: no model is called "claude" now\nThis key is not shown again\. Its id is \w{10}/)
    const kept = await readFile(join(folder.path, 'keys.yaml'), 'utf8')
    assert.ok(!kept.includes(key.slice(-40)) && !stderr.includes(key.slice(-40)))
    assert.match((await run('list')).stdout, /good\s+user=alice project=apollo\s+gpt-4o\* claude\s+\d{4}-\d{2}-\d{2}\s+\d{4}-\d{2}-\d{2}\n$/)
  })

  it('revokes by id or by the whole key, which it does not repeat', async () => {
    const key = (await run('new', '--user', 'alice')).stdout.trim()
    const { stdout } = await run('revoke', key)
    assert.equal(stdout, `The key ${key.split('-')[1]} is revoked: no request with it is accepted after one second.\n`)
    // JSON.parse returns any; the command prints a list of objects with a state.
    const listed = JSON.parse((await run('list', '--json')).stdout) as { readonly state: string }[]
    assert.deepEqual([listed[0]?.state, JSON.stringify(listed).includes('hash')], ['revoked', false])
    await assert.rejects(run('revoke', '0123456789'), refusal(1, /There is no key 0123456789 in .*keys\.yaml/))
    await assert.rejects(run('revoke', `${key}x`), refusal(2, /^That is no id of a key: `tollgate keys list` shows them\.$/))
  })

  it('says how to call it better', async () => {
    const mistakes: readonly (readonly [readonly string[], RegExp])[] = [
      [[], /A key must say who holds it/],
      [['--user', 'a', '-a', 'user=b'], /given twice/],
      [['-a', 'colour=red'], /user, team, key_id, project, and not "colour".*attributes: \[colour\]/],
      [['-a', 'key_id=x'], /leave it out/],
      [['--user', 'a,b'], /user must be 1 to 256 printable/],
      [['--user', 'vic_model_gpt-4o'], /contains "_model_"/],
      [['--user', 'a', '--models', ' '], /--models takes names/],
      [['--user', 'a', '--expires', 'soon'], /--expires takes a time from now/],
    ]
    for (const [options, message] of mistakes) await assert.rejects(run('new', ...options), refusal(2, message), options.join(' '))
    assert.match((await run('list')).stderr, /There are no keys in .*Make one: tollgate keys new/)
  })

  it('needs a place for keys in the configuration', async () => {
    await writeFile(join(folder.path, 'tollgate.yaml'), yaml('[{headers: {user: x-user-id}}]'))
    await assert.rejects(run('new', '--user', 'alice'), refusal(1, /has no source of API keys\. Add one: callers: \[\{api_keys: /))
  })
})
