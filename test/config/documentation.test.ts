// docs/configuration.md is a promise: its example loads, and no field of the schema is missing from it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { compileConfig } from '../../src/config/compile.ts'
import { configJsonSchema } from '../../src/config/json-schema.ts'
import type { FileState } from '../../src/config/sources.ts'
import { transcript } from './compile-mistake.ts'

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
/** The tables, where a field stands in backquotes at the beginning of a row or of a sentence. */
const tables = page.slice(page.indexOf('## Values'), page.indexOf('## Reloading'))

describe('docs/configuration.md', () => {
  it('has an example that loads without a warning', () => {
    const files = new Map<string, FileState>([
      ['/c/ratelimit.yaml', { kind: 'text', text: readFileSync(new URL('../../examples/ratelimit.yaml', import.meta.url), 'utf8') }],
      ['/run/secrets/proxy', { kind: 'present' }],
      ['/c/keys.yaml', { kind: 'present' }],
    ])
    assert.equal(transcript(compileConfig({ path: '/c/tollgate.yaml', text: example, files, runtimeDirectory: '/run', stateDirectory: '/state', nowMs: 0, display: (path) => path })), '')
  })

  it('shows every top-level key in the example', () => {
    assert.deepEqual(
      [...example.matchAll(/^([a-z_]+):/gm)].map((match) => match[1]),
      Object.keys(fieldsOf(configJsonSchema())),
    )
  })

  it('names every field and its default', () => {
    const missing: string[] = []
    const visit = (node: unknown): void => {
      for (const [name, field] of Object.entries(fieldsOf(node))) {
        if (!new RegExp(`[\`.{]${name}[\`:]`).test(tables)) missing.push(name)
        const value = isObject(field) ? field['default'] : undefined
        if (typeof value === 'string' && !new RegExp(`\`"?${value.replaceAll('.', '\\.')}"?\``).test(tables)) missing.push(`${name}: ${value}`)
      }
      if (isObject(node)) for (const child of Object.values(node)) visit(child)
    }
    visit(configJsonSchema())
    assert.deepEqual(missing, [])
  })
})

function fieldsOf(node: unknown): Record<string, unknown> {
  return isObject(node) && isObject(node['properties']) ? node['properties'] : {}
}

function isObject(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null
}
