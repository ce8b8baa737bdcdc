// What is wrong with a body, by the schema and in OpenAI's words.

import type { z } from 'zod'
import { isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

type Issue = z.core.$ZodIssue

/** The message of OpenAI's 400 for a body that its schema refuses. `describeUnknown`: how an endpoint speaks of members that it does not know. */
export function describeSchemaProblem(issues: readonly Issue[], body: JsonObject, describeUnknown: (names: readonly string[]) => string): string {
  const issue = deepest(issues)
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) return describeUnknown(issue.keys)
  return describeIssue(issue, body)
}

// Of a union, the branch that got furthest is the one that was meant.
function deepest(issues: readonly Issue[]): Issue {
  const found = issues.map((issue): Issue => {
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return issue
    const branches = issue.errors.filter((branch) => branch.length > 0).map((branch) => deepest(branch))
    const inner = branches.toSorted((one, other) => other.path.length - one.path.length)[0]
    return inner === undefined || inner.path.length === 0 ? issue : { ...inner, path: [...issue.path, ...inner.path] }
  })
  // Unknown members are what OpenAI looks for first.
  const [first] = [...found.filter((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0), ...found]
  if (first === undefined) throw new RangeError('an error without an issue')
  return first
}

function describeIssue(issue: Issue, body: JsonObject): string {
  const place = placeOf(issue.path)
  if (issue.code === 'unrecognized_keys') return `Unknown parameter: '${place}.${issue.keys[0] ?? ''}'.`
  if (valueAt(body, issue.path) === undefined) return `Missing required parameter: '${place}'.`
  return `Invalid value for '${place}': ${issue.message}.`
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? String(step) : `.${String(step)}`)).join('')
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value, step) => (isObject(value) || Array.isArray(value) ? Reflect.get(value, step) : undefined), body)
}
