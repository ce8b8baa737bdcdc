// The commands that a newcomer pastes first: each does what the line above it says.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../config/load.ts'
import type { CallerSource, RuntimeConfig } from '../config/runtime-config.ts'
import { whatToTry } from './what-to-try.ts'

async function example(): Promise<RuntimeConfig> {
  const loaded = await loadConfig(fileURLToPath(new URL('../../examples/tollgate.yaml', import.meta.url)))
  assert.ok(loaded.ok)
  return loaded.config
}

function commandsFor(config: RuntimeConfig): string[] {
  const mocked = new Map([['openai', 'http://127.0.0.1:1'], ['anthropic', 'http://127.0.0.1:2']])
  const text = whatToTry({ config, mocked, admin: '127.0.0.1:9090', command: { program: 'node bin/tollgate', options: ' -c mine.yaml' } })
  return text.split('\n').filter((line) => line.startsWith('  ')).map((line) => line.trim())
}

describe('what to try', () => {
  it('uses up a limit last and for somebody else, so that every other command works in whatever order', async () => {
    const commands = commandsFor(await example())
    const [use, refused] = commands.slice(-2)
    assert.match(use ?? '', /^curl -s -o \/dev\/null .*x-user-id: carol.*x-mock-output-tokens: 100000/)
    assert.match(refused ?? '', /^curl -i (?!.*x-mock).*x-user-id: carol/)
    assert.equal(commands.slice(0, -2).some((command) => /carol|x-mock-output-tokens/.test(command)), false)
  })

  it('says where budgets can be seen, where there are any', async () => {
    const text = async (file: string): Promise<string> => {
      const loaded = await loadConfig(fileURLToPath(new URL(`../../examples/${file}`, import.meta.url)))
      assert.ok(loaded.ok)
      return whatToTry({ config: loaded.config, mocked: new Map(), admin: '127.0.0.1:9090', command: { program: 'tollgate', options: '' } })
    }
    assert.match(await text('budgets.yaml'), /^Budgets: http:\/\/127\.0\.0\.1:9090\/$/m)
    assert.doesNotMatch(await text('fallback.yaml'), /^Budgets:/m)
  })

  it('makes the key with the program and the configuration that are running', async () => {
    const keys: CallerSource = { kind: 'api_keys', place: { kind: 'file', path: '/c/keys.yaml' }, attributes: new Set(['user', 'key_id']), models: undefined }
    const commands = commandsFor({ ...(await example()), callers: [keys] })
    assert.equal(commands[0], 'KEY=$(node bin/tollgate keys new --user alice -c mine.yaml)')
    assert.match(commands[1] ?? '', /-H "authorization: Bearer \$KEY"/)
  })

  it('says whose token is needed', async () => {
    const jwt: CallerSource = { kind: 'jwt', issuer: 'https://login.example.com/', audiences: [], jwks: { kind: 'file', path: '/c/jwks.json' }, attributes: new Map([['user', 'sub']]), modelsClaim: undefined, models: undefined }
    const commands = commandsFor({ ...(await example()), callers: [jwt] })
    assert.match(commands[0] ?? '', /^TOKEN=….*https:\/\/login\.example\.com\//)
  })
})
