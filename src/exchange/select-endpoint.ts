// Step 1: what does this path mean?

import { TollgateError } from '../core/errors.ts'
import type { Format } from '../formats/format.ts'
import { formatForPath, formats } from '../formats/index.ts'

export type Endpoint =
  /** Goes to a provider. `path` is the path without its query. */
  | { readonly kind: 'format'; readonly format: Format; readonly path: string; readonly query: string }
  /** Answered here. `model` is set for one model of the list. */
  | { readonly kind: 'models'; readonly model: string | undefined }

const MODELS_PATHS = ['/v1/models', '/anthropic/v1/models']

/** Throws TollgateError: `unknown_path`, `method_not_allowed`. */
export function selectEndpoint(method: string, pathWithQuery: string): Endpoint {
  const { path, query } = splitQuery(pathWithQuery)
  const format = formatForPath(path)
  if (format !== undefined) {
    requireMethod(method, 'POST', path)
    return { kind: 'format', format, path, query }
  }
  for (const prefix of MODELS_PATHS) {
    if (path !== prefix && !path.startsWith(`${prefix}/`)) continue
    requireMethod(method, 'GET', path)
    return { kind: 'models', model: path === prefix ? undefined : decodeModel(path.slice(prefix.length + 1)) }
  }
  throw new TollgateError('unknown_path', `Unknown path ${shorten(path)}. Known: ${knownPaths().join(', ')}.`)
}

function requireMethod(method: string, wanted: string, path: string): void {
  // RFC 9110 §15.5.6: a 405 names the methods that are allowed.
  if (method !== wanted) throw new TollgateError('method_not_allowed', `${shorten(path)} takes ${wanted}, not ${shorten(method)}.`, { headers: { allow: wanted } })
}

function splitQuery(pathWithQuery: string): { path: string; query: string } {
  const at = pathWithQuery.indexOf('?')
  return at === -1 ? { path: pathWithQuery, query: '' } : { path: pathWithQuery.slice(0, at), query: pathWithQuery.slice(at) }
}

// Model names may hold slashes; percent escapes are undone, and a broken escape names no model.
function decodeModel(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    throw new TollgateError('model_not_found', `The model name in the path is not valid percent-encoding: ${shorten(segment)}.`, { cause: error })
  }
}

function knownPaths(): string[] {
  return [...formats.flatMap((format) => format.paths), ...MODELS_PATHS]
}

/** What a client sent may be of any length; an error message is not. */
export function shorten(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`
}
