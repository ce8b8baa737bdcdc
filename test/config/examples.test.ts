// The examples are the first thing anyone copies, so every one of them must load, and say what it promises.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findTraps } from '../../src/config/explain-traps.ts'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import type { RuntimeConfig } from '../../src/config/runtime-config.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const examples = join(root, 'examples')
const configurations = readdirSync(examples).filter((name) => /^providers:/m.test(readFileSync(join(examples, name), 'utf8')))

async function loaded(name: string): Promise<RuntimeConfig> {
  const result = await loadConfig(join(examples, name))
  assert.ok(result.ok, result.ok ? '' : result.problems.map(formatProblem).join('\n'))
  assert.deepEqual(result.warnings, [])
  return result.config
}

describe('examples', () => {
  it('are all looked at', () => {
    assert.deepEqual(configurations, ['budgets.yaml', 'credits.yaml', 'fallback.yaml', 'tollgate.yaml'])
  })

  for (const name of configurations) {
    it(`${name} loads without a warning and names its schema`, async () => {
      await loaded(name)
      assert.match(readFileSync(join(examples, name), 'utf8'), /^# yaml-language-server: \$schema=\.\.\/schema\/tollgate\.schema\.json\n/)
    })
  }

  it('tollgate.yaml has the models, callers, routes and limits of npm start, all of them reachable', async () => {
    const config = await loaded('tollgate.yaml')
    assert.deepEqual([...config.models.keys()], ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-5'])
    assert.deepEqual(
      config.callers.map((source) => [...source.attributes]),
      [
        [
          ['user', 'x-user-id'],
          ['team', 'x-team-id'],
        ],
      ],
    )
    assert.deepEqual(
      config.routes.map((route) => [[...route.headers], route.clientModel]),
      [[[['priority', 'high']], 'gpt-4o']],
    )
    assert.deepEqual(config.limits[0]?.rules.keyPaths, [['user'], ['user', 'model']])
    assert.deepEqual(
      findTraps(config, { env: { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b' } }).map((trap) => trap.id),
      ['callers_trusted', 'counters_in_memory'],
    )
  })

  it('fallback.yaml asks each provider under its own name for the model', async () => {
    const config = await loaded('fallback.yaml')
    assert.deepEqual(
      config.models.get('chat')?.chain.map((step) => [step.provider.name, step.upstreamModel]),
      [
        ['vllm', 'Qwen/Qwen3-32B'],
        ['openai', 'gpt-4o-mini'],
      ],
    )
  })

  it('credits.yaml charges what its comment says', async () => {
    const credits = (await loaded('credits.yaml')).costs.find((cost) => cost.name === 'credits') ?? assert.fail()
    const usage = {
      inputTokens: 1000,
      cachedInputTokens: 400,
      cacheCreationInputTokens: undefined,
      outputTokens: 50,
      reasoningTokens: undefined,
      totalTokens: 1050,
      flags: [],
    }
    const charge = (model: string) => credits.evaluate({ usage, model, backend: 'openai', routeName: '', nanoDollars: undefined })
    assert.deepEqual(charge('gpt-4o-mini'), { ok: true, value: 900, clamped: false })
    assert.deepEqual(charge('gpt-4o'), { ok: true, value: 9000, clamped: false })
  })
})

describe('the JSON Schema', () => {
  it('is committed as it is (tollgate schema > schema/tollgate.schema.json)', () => {
    assert.deepEqual(JSON.parse(readFileSync(join(root, 'schema/tollgate.schema.json'), 'utf8')), configJsonSchema())
  })

  it('describes every field', () => {
    const bare: string[] = []
    const visit = (node: unknown, path: string): void => {
      if (!isObject(node)) return
      const fields = isObject(node['properties']) ? Object.entries(node['properties']) : []
      bare.push(...fields.filter(([, field]) => !isObject(field) || !('description' in field)).map(([name]) => `${path}.${name}`))
      for (const [key, child] of Object.entries(node)) visit(child, `${path}.${key}`)
    }
    visit(configJsonSchema(), '')
    assert.deepEqual(bare, [])
  })
})

function isObject(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null
}
