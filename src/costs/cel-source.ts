// The CEL grammar knows `.5`; the library's lexer does not. The source is rewritten before parsing, and positions are mapped back.

/** An expression as the parser gets it. Both forms have the same meaning. */
export interface CelSource {
  /** What is parsed: a `0` stands before every number that begins with a dot. */
  readonly text: string
  /** Offset in `text` → 1-based column in the expression as it was written (line breaks count as one character). */
  columnOf(offset: number): number
}

// One alternative per thing whose inside must not be touched (comments and strings), then names and numbers, which may hold a dot of their own.
const TOKEN = new RegExp(
  [
    /\/\/[^\n]*/,
    /[bB]?[rR](?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')/,
    /"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''/,
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/,
    /[A-Za-z_]\w*/,
    /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?|\.\d+/,
    /[\s\S]/,
  ]
    .map((pattern) => pattern.source)
    .join('|'),
  'g',
)

/** Rewrites `.5` to `0.5` and a form feed (white space in CEL) to a space. Linear in the length. */
export function readCelSource(expression: string): CelSource {
  const insertions: number[] = []
  let text = ''
  let previous = ''
  for (const [token] of expression.matchAll(TOKEN)) {
    if (token === '\f') text += ' '
    else if (/^\.\d/.test(token) && !/[\w)\]}"']$/.test(previous)) {
      insertions.push(text.length)
      text += `0${token}`
    } else text += token
    previous = token
  }
  return {
    text,
    columnOf: (offset) => offset + 1 - insertions.filter((position) => position < offset).length,
  }
}

/** Applies `transform` to the stretches of text between string literals and comments, which stay as they are. */
export function mapCelCode(text: string, transform: (code: string) => string): string {
  let result = ''
  let code = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (!token.startsWith('//') && !/^[rRbB]{0,2}["']./.test(token)) {
      code += token
      continue
    }
    result += transform(code) + token
    code = ''
  }
  return result + transform(code)
}
