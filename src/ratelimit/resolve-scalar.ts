// What an unquoted word means to the original's YAML 1.1 parser (yaml.v2), which is not what YAML 1.2 parsers think:
// 010 is 8, `yes` is true, 1_000 is 1000, and 08 is a fraction. Done here because no option of the library yields exactly that.

export type ResolvedScalar =
  | { readonly kind: 'null' }
  | { readonly kind: 'bool'; readonly value: boolean }
  /** -2^63 … 2^63-1 */
  | { readonly kind: 'int'; readonly value: bigint }
  /** 2^63 … 2^64-1, which the original keeps apart from other integers. */
  | { readonly kind: 'uint'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string' }

export interface ScalarSource {
  /** The text as written, without quotes. */
  readonly text: string
  readonly quoted: boolean
  /** An explicit `!!str`. */
  readonly stringTag: boolean
}

const words = new Map<string, ResolvedScalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, { kind: 'null' }] as const),
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, { kind: 'bool', value: true }] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, { kind: 'bool', value: false }] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, { kind: 'float', value: NaN }] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, { kind: 'float', value: Infinity }] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, { kind: 'float', value: -Infinity }] as const),
])

const decimalPoint = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/
const integers = [
  /^(?<sign>[-+]?)(?<digits>0x[0-9a-f]+)$/i,
  /^(?<sign>[-+]?)(?<digits>0b[01]+)$/i,
  /^(?<sign>[-+]?)(?<digits>0o[0-7]+)$/i,
  /^(?<sign>[-+]?)0(?<octal>[0-7]+)$/,
  /^(?<sign>[-+]?)(?<digits>0|[1-9][0-9]*)$/,
] as const

function parseInteger(text: string): bigint | undefined {
  for (const pattern of integers) {
    const groups = pattern.exec(text)?.groups
    if (groups === undefined) continue
    const size = BigInt(groups['octal'] === undefined ? (groups['digits'] ?? '0').toLowerCase() : `0o${groups['octal']}`)
    return groups['sign'] === '-' ? -size : size
  }
  return undefined
}

/** The value of a scalar; `string` when it means nothing else, and then its value is its text. */
export function resolveScalar({ text, quoted, stringTag }: ScalarSource): ResolvedScalar {
  if (quoted || stringTag) return { kind: 'string' }
  const word = words.get(text)
  if (word !== undefined) return word
  if (!/^[-+.0-9]/.test(text)) return { kind: 'string' }
  const plain = text.replaceAll('_', '')
  const integer = text.startsWith('.') ? undefined : parseInteger(plain)
  if (integer !== undefined && BigInt.asIntN(64, integer) === integer) return { kind: 'int', value: integer }
  if (integer !== undefined && !/^[-+]/.test(plain) && BigInt.asUintN(64, integer) === integer) return { kind: 'uint', value: integer }
  return decimalPoint.test(plain) ? { kind: 'float', value: Number(plain) } : { kind: 'string' }
}
