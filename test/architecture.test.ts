// Holds the layers: who may import whom, where I/O may happen, how long a file may be. Type imports count.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Room → rooms it may import. `main` and `package-info` are the files beside the rooms. Every room may import the one file
 * config/runtime-config.ts, which holds types only.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  formats: ['core'],
  conversions: ['core'],
  providers: ['core', 'formats'],
  credentials: ['core', 'providers'],
  costs: ['core'],
  prices: ['core'],
  callers: ['core'],
  budgets: ['core', 'redis'],
  ledger: ['core', 'budgets'],
  redis: ['core'],
  exchange: ['core', 'formats', 'conversions', 'providers', 'credentials', 'costs', 'prices', 'callers', 'budgets'],
  extproc: ['core', 'exchange'],
  ratelimit: ['core', 'redis'],
  config: ['core', 'formats', 'providers', 'costs', 'prices', 'budgets', 'ratelimit'],
  envoy: ['core', 'formats', 'providers'],
  http2: ['core'],
  edge: ['core', 'budgets', 'formats', 'exchange', 'http2'],
  mock: ['core'],
  workers: ['core', 'budgets', 'config', 'edge', 'exchange', 'ledger'],
  app: ['core', 'budgets', 'callers', 'config', 'credentials', 'edge', 'exchange', 'extproc', 'ledger', 'ratelimit', 'redis', 'workers'],
  up: ['core', 'app', 'config', 'credentials', 'edge', 'envoy', 'mock', 'providers'],
  commands: ['core', 'app', 'budgets', 'callers', 'config', 'credentials', 'edge', 'envoy', 'mock', 'ledger', 'ratelimit', 'redis', 'prices', 'up', 'providers', 'workers', 'package-info'],
  'package-info': [],
  main: ['core', 'commands', 'package-info'],
}

/** Files and folders that may touch the outside world. */
const MAY_DO_IO = [/^main\.ts$/, /^package-info\.ts$/, /^commands\//, /^edge\//, /^up\//, /^mock\//, /^config\/(load|watch)\.ts$/, /^credentials\//, /^redis\//, /^(ratelimit|budgets)\/redis-[a-z-]+\.ts$/, /^ledger\//, /^workers\/launch-worker\.ts$/, /^callers\/file-[a-z-]+\.ts$/]
const IO_MODULES = /^(node:)?(fs|fs\/promises|net|http|http2|https|tls|dgram|dns|dns\/promises|child_process|cluster|worker_threads|os|process|readline)$|^(ioredis|@grpc\/grpc-js|pino|prom-client)$/

const sources = listSources(join(root, 'src')).filter((file) => !file.path.endsWith('.test.ts'))
const graph = new Map(sources.map((file) => [file.path, file.imports.filter((name) => name.startsWith('.')).map((name) => relative(join(root, 'src'), join(root, 'src', dirname(file.path), name)))]))

describe('the architecture', () => {
  it('has no import against the direction of the layers', () => {
    const wrong: string[] = []
    for (const [file, targets] of graph) {
      const from = roomOf(file)
      assert.ok(from in MAY_IMPORT, `${file}: the room ${from} is not in the table`)
      for (const target of targets) {
        const to = roomOf(target)
        if (from === to || target === 'config/runtime-config.ts' || MAY_IMPORT[from]?.includes(to) === true) continue
        wrong.push(`${file} imports ${target}`)
      }
    }
    // The types of the configuration name the things it is compiled to.
    assert.deepEqual(wrong, [])
  })

  it('has no cycle of imports, types included', () => {
    const done = new Set<string>()
    const path: string[] = []
    function visit(file: string): string[] | undefined {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
      if (done.has(file)) return undefined
      path.push(file)
      for (const target of graph.get(file) ?? []) {
        const cycle = visit(target)
        if (cycle !== undefined) return cycle
      }
      path.pop()
      done.add(file)
      return undefined
    }
    for (const file of graph.keys()) assert.equal(visit(file)?.join(' → '), undefined)
  })

  it('does I/O only where it says so', () => {
    const wrong = sources
      .filter((file) => !MAY_DO_IO.some((pattern) => pattern.test(file.path)))
      .filter((file) => file.imports.some((name) => IO_MODULES.test(name)) || /\bprocess\.(env|argv|exit|on|stdout|stderr)\b/.test(file.text))
      .map((file) => file.path)
    assert.deepEqual(wrong, [])
  })

  it('exits the process in main.ts only', () => {
    const wrong = sources.filter((file) => file.path !== 'main.ts' && /\bprocess\.exit\(/.test(file.text)).map((file) => file.path)
    assert.deepEqual(wrong, [])
  })

  it('has no file over 400 lines, tests included', () => {
    const long = [...listSources(join(root, 'src')), ...listSources(join(root, 'test'))].filter((file) => file.text.split('\n').length > 401).map((file) => file.path)
    assert.deepEqual(long, [])
  })

  it('opens every file with a line of why', () => {
    const bare = sources.filter((file) => !file.text.startsWith('//')).map((file) => file.path)
    assert.deepEqual(bare, [])
  })

  it('knows no provider in the core of an exchange', () => {
    const wrong = sources.filter((file) => /^(exchange|extproc|core)\//.test(file.path) && file.imports.some((name) => /providers\/(openai|anthropic)\.ts$/.test(name))).map((file) => file.path)
    assert.deepEqual(wrong, [])
  })
})

function roomOf(path: string): string {
  const [first = ''] = path.split('/')
  return first.replace(/\.ts$/, '')
}

function listSources(folder: string): { path: string; text: string; imports: string[] }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(folder, path), 'utf8')
      return { path, text, imports: [...text.matchAll(/^(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]/gm)].map((match) => match[1] ?? '') }
    })
}
