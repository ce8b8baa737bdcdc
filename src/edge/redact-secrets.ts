// Takes out of a log line what could be a secret that somebody logged by mistake.

/** Names whose values are not logged, at up to three levels of depth. */
const SECRET_NAMES: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie', 'credential', 'password', 'secret', 'token', 'apiKey'])
const MAX_DEPTH = 3

type Fields = Readonly<Record<string, unknown>>

/** The same object if there is nothing to hide, as nearly always; else a copy without it. */
export function redactSecrets(fields: Fields, depth = 1): Fields {
  let redacted: Record<string, unknown> | undefined
  // Faster than a list of the names; what is inherited is not logged, and hiding it does no harm.
  for (const name in fields) {
    const value = fields[name]
    const shown = SECRET_NAMES.has(name) && value !== undefined ? '[redacted]' : depth < MAX_DEPTH && isNested(value) ? redactSecrets(value, depth + 1) : value
    if (shown === value) continue
    // A list keeps being one: its indexes are its names.
    redacted ??= Array.isArray(fields) ? Object.assign([], fields) : { ...fields }
    redacted[name] = shown
  }
  return redacted ?? fields
}

// Errors are for pino's serializer, which turns them into fields first.
function isNested(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !(value instanceof Error)
}
