// Parameters of Content-Type and Content-Disposition, read so that every server reads them the same way, or not at all.
// Sources: RFC 2045 section 5.1, RFC 7578 section 4.2.

export interface ParameterizedValue {
  /** What stands before the parameters, in lower case: `multipart/form-data`, `form-data`. */
  readonly value: string
  /** Lower-case names; a name may occur twice. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[]
}

// A quoted value ends at the first quote. A backslash before it would end it for browsers and continue it for RFC 822: then nothing matches.
const parameterPattern = /[ \t]*;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\(?!"))*)"|([^\s;"\\]+))/y

/** Undefined when the text is malformed or ambiguous. Backslashes inside quotes are left as they are. */
export function parseHeaderParameters(text: string): ParameterizedValue | undefined {
  const value = /^[^;]*/.exec(text)?.[0] ?? ''
  const parameters: { name: string; value: string }[] = []
  let end = value.length
  for (;;) {
    parameterPattern.lastIndex = end
    const match = parameterPattern.exec(text)
    if (match === null) break
    const [, name = '', quoted, token = ''] = match
    parameters.push({ name: name.toLowerCase(), value: quoted ?? token })
    end = parameterPattern.lastIndex
  }
  // Written so that a long run of spaces is walked once: two adjacent runs would be tried in every split.
  return /^[ \t]*(?:;[ \t]*)?$/.test(text.slice(end)) ? { value: value.trim().toLowerCase(), parameters } : undefined
}
