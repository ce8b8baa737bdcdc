// Candidates for expressions that do not parse: habits of other languages, lost brackets, characters of word processors.

import { mapCelCode } from './cel-source.ts'
import { CEL_VARIABLES } from './cel-variables.ts'
import type { CelFault } from './compile-cel.ts'

// The last two: `and` and `not(…)` read as names.
const SYNTAX_CODES = new Set([
  'unexpected_token',
  'unexpected_character',
  'expected_token',
  'invalid_exponent',
  'unterminated_string',
  'newline_in_string',
  'reserved_identifier',
  'unknown_variable',
  'unknown_function',
])

const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/===/g, '=='],
  [/!==/g, '!='],
  [/(?<![=!<>])=(?!=)/g, '=='],
  [/\band\b/gi, '&&'],
  [/\bor\b/gi, '||'],
  [/\bnot\b/gi, '!'],
  [/(?<!&)&(?!&)/g, '&&'],
  [/(?<!\|)\|(?!\|)/g, '||'],
  [/(?<=(?<!\w)\d[\d_]*)_(?=\d)/g, ''],
  [/(?<=\d)\.(?!\w)/g, '.0'],
  [/[×·]/g, '*'],
  [/÷/g, '/'],
  [/[−–—]/g, '-'],
  [/[“”„]/g, '"'],
  [/[‘’]/g, "'"],
  [/(?<!\w)(\d+(?:\.\d+)?)\s*(?=[A-Za-z]+_tokens)/g, '$1 * '],
  [/;\s*$/, ''],
]

/** Texts with one fault less, most likely first; empty for faults that are not of this kind. */
export function repairSyntax(fault: CelFault): string[] {
  if (!SYNTAX_CODES.has(fault.problem.code)) return []
  const { text } = fault.source
  const replaced = REPLACEMENTS.map(([pattern, replacement]) => mapCelCode(text, (code) => code.replace(pattern, replacement)))
  const candidates = [quoteNames(text), ...replaced, closeBrackets(text), ...dropOrClose(fault)]
  return candidates.filter((candidate) => candidate !== text)
}

// `model == gpt-4o` reads as a subtraction from an unknown variable.
function quoteNames(text: string): string {
  return mapCelCode(text, (code) =>
    code.replace(/\b(model|backend|route_name)(\s*[!=]=\s*)([A-Za-z][\w.:/-]*)/g, (whole, variable: string, operator: string, name: string) =>
      CEL_VARIABLES.has(name) ? whole : `${variable}${operator}'${name}'`,
    ),
  )
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

function closeBrackets(text: string): string {
  const open: string[] = []
  mapCelCode(text, (code) => {
    for (const character of code) {
      const closing = CLOSING[character]
      if (closing !== undefined) open.push(closing)
      else if (character === open.at(-1)) open.pop()
    }
    return code
  })
  return text.trimEnd() + open.reverse().join('')
}

function dropOrClose(fault: CelFault): string[] {
  const { text } = fault.source
  const { code, start } = fault.problem
  if (start === undefined) return []
  const found = text[start] ?? ''
  if (code === 'unterminated_string') {
    const name = /^[\w.:/-]*/.exec(text.slice(start + 1))?.[0] ?? ''
    const end = start + 1 + name.length
    return [text.slice(0, end) + found + text.slice(end)]
  }
  return /[)\]}]/.test(found) ? [text.slice(0, start) + text.slice(start + 1)] : []
}
