// Turns zod's issues into our sentences: where, what was found, what is allowed, what to do.

import type { z } from 'zod'
import { didYouMean, nearestName } from './nearest-name.ts'
import { schemaKeys } from './schema-keys.ts'
import type { Path } from './yaml-source.ts'

export interface DescribedIssue {
  readonly path: Path
  /** Which end of the pair at `path` is at fault. */
  readonly part: 'key' | 'value'
  readonly message: string
  /** The required key at `path` is not there. */
  readonly missing?: true
  /** The known key of which the unknown one at `path` seems to be a misspelling. */
  readonly meant?: Path
}

type Issue = z.core.$ZodIssue

/** `value` is the whole document: what was found is looked up in it. One issue may become several sentences. */
export function describeIssues(issues: readonly Issue[], value: unknown): DescribedIssue[] {
  const described = issues.flatMap((issue) => describeIssue(issue, value))
  const misspelt = new Set(described.flatMap(({ meant }) => (meant === undefined ? [] : [formatPath(meant)])))
  // A key that is missing because it was misspelt is one mistake, not two.
  return described.filter(({ path, missing }) => missing !== true || !misspelt.has(formatPath(path)))
}

function describeIssue(issue: Issue, value: unknown, base: Path = []): DescribedIssue[] {
  // zod types paths as PropertyKey; ours come from YAML, which has no symbols.
  const path: Path = [...base, ...issue.path.filter((part) => typeof part !== 'symbol')]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => describeUnknownKey(path, key))
  if (issue.code === 'invalid_key') {
    const name = String(path.at(-1))
    return [
      {
        path,
        part: 'key',
        message: `${place(path.slice(0, -1))}found the name ${JSON.stringify(shorten(name))}, allowed: ${issue.issues[0]?.message ?? issue.message}`,
      },
    ]
  }
  if (issue.code === 'invalid_union') {
    const intended = intendedVariant(issue)
    if (intended !== undefined) return intended.flatMap((inner) => describeIssue(inner, value, path))
  }
  const found = valueAt(value, path)
  if (found === undefined) {
    return [
      { path, part: 'key', missing: true, message: `${place(path.slice(0, -1))}the key "${String(path.at(-1) ?? '')}" is missing, allowed: ${allowed(issue)}` },
    ]
  }
  const hint = typeof found === 'string' ? didYouMean(found, choices(issue)) : ''
  return [{ path, part: 'value', message: `${place(path)}found ${describeFound(found, path)}, allowed: ${allowed(issue)}${hint}` }]
}

function describeUnknownKey(parent: Path, key: string): DescribedIssue {
  const path = [...parent, key]
  if (parent[0] === 'costs' && key === 'cel') {
    return { path, part: 'key', message: `${place(parent)}found "cel", allowed only with type: CEL; set the type to CEL or remove the expression` }
  }
  const known = schemaKeys(parent)
  const nearest = nearestName(key, known)
  const message = `${place(parent)}unknown key "${shorten(key)}", allowed: ${known.join(', ')}${didYouMean(key, known)}`
  return { path, part: 'key', message, ...(nearest === undefined ? {} : { meant: [...parent, nearest] }) }
}

// The variant that was meant: the only one in which just something inside is wrong. An unknown discriminator leaves none.
function intendedVariant(issue: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] | undefined {
  const near = issue.errors.filter((variant) => variant.every((inner) => inner.path.length > 0 || inner.code === 'custom'))
  const byKey = near.length === 1 ? near : issue.errors.filter((variant) => variant.every((inner) => inner.path.length > 0 || inner.code !== 'invalid_type'))
  return byKey.length === 1 ? byKey[0] : undefined
}

const kinds: Readonly<Record<string, string>> = { object: 'a mapping', record: 'a mapping', array: 'a list', string: 'a text' }

// Every leaf of the schema brings its own sentence; zod's own are left for what is only a question of kind.
function allowed(issue: Issue): string {
  const names = choices(issue)
  if (issue.code === 'invalid_union' && names.length > 0) return names.join(', ')
  return issue.code === 'invalid_type' && issue.message.startsWith('Invalid input') ? (kinds[issue.expected] ?? issue.expected) : issue.message
}

/** The fixed values one of which belongs here; empty when there are none. */
function choices(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  return issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : []
}

/** `providers.openai.url: `, or '' for the root. */
function place(path: Path): string {
  if (path.length === 0) return ''
  return `${formatPath(path)}: `
}

/** `models."my model".providers[0]` */
export function formatPath(path: Path): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : /^[\w-]+$/.test(part) ? `.${part}` : `.${JSON.stringify(shorten(part))}`))
    .join('')
    .replace(/^\./, '')
}

/** `"text"`, `the number 3`, `a list` …; a value that could be a secret is never repeated. */
export function describeFound(found: unknown, path: Path): string {
  if (found === null) return 'nothing'
  if (Array.isArray(found)) return found.length === 0 ? 'an empty list' : 'a list'
  if (typeof found === 'object') return Object.keys(found).length === 0 ? 'an empty mapping' : `a mapping with ${shorten(Object.keys(found).join(' and '))}`
  if (maySecretsStandAt(path, found)) return typeof found === 'string' ? 'a text (not repeated here)' : `a ${typeof found} (not repeated here)`
  if (typeof found === 'string') return JSON.stringify(shorten(found))
  return typeof found === 'number' || typeof found === 'boolean' ? `the ${typeof found} ${found}` : `a ${typeof found}`
}

// In a URL only user, password and query can be secret; in credentials and header values anything can.
function maySecretsStandAt(path: Path, found: unknown): boolean {
  const [section, , field] = path
  const isUrl = section === 'store' || (section === 'providers' && field === 'url') || (section === 'callers' && (field === 'api_keys' || path.at(-1) === 'url'))
  if (isUrl) return typeof found === 'string' && /[@?]/.test(found)
  if (section === 'budget_webhook' || section === 'admin') return path.at(-1) !== 'file'
  return section === 'providers' && (field === 'headers' || (field === 'credential' && path.at(-1) !== 'file'))
}

export function valueAt(value: unknown, path: Path): unknown {
  let current = value
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined
    current = Reflect.get(current, part)
  }
  return current
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
