// A log line for people: time, what happened, and the few fields that matter.

const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: '', 40: 'WARN ', 50: 'ERROR ', 60: 'FATAL ' }

/** `line`: one JSON line of the logger. What is not one is returned as it is. */
export function prettyLine(line: string): string {
  const fields = parseObject(line)
  if (fields === undefined) return line
  const time = typeof fields['time'] === 'string' ? fields['time'].slice(11, 19) : ''
  const level = LEVELS[Number(fields['level'])] ?? ''
  const worker = fields['worker'] === undefined ? '' : `[${text(fields['worker'])}] `
  const said = fields['msg'] === 'exchange' ? exchangeText(fields) : `${text(fields['msg'])}${otherFields(fields)}`
  return `${time} ${worker}${level}${said}\n`
}

function exchangeText(fields: Readonly<Record<string, unknown>>): string {
  const parts = [text(fields['status'], '---'), text(fields['model'], '-')]
  if (fields['provider'] !== undefined) parts.push(`→ ${text(fields['provider'])}${Number(fields['attempts']) > 1 ? ` (attempt ${text(fields['attempts'])})` : ''}`)
  if (fields['total_tokens'] !== undefined) parts.push(`${fields['estimated'] === true ? '~' : ''}${text(fields['total_tokens'])} tokens`)
  if (typeof fields['cost_usd'] === 'number') parts.push(`$${fields['cost_usd'].toFixed(6)}`)
  parts.push(`${text(fields['duration_ms'])} ms`)
  if (fields['outcome'] !== 'answered') parts.push(`${text(fields['outcome'])}${fields['reason'] === undefined ? '' : `: ${text(fields['reason'])}`}`)
  const caller = parseCaller(fields['caller'])
  if (caller !== '') parts.push(caller)
  return parts.join('  ')
}

function text(value: unknown, absent = ''): string {
  if (value === undefined) return absent
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function parseCaller(caller: unknown): string {
  if (typeof caller !== 'object' || caller === null) return ''
  return Object.entries(caller)
    .map(([name, value]) => `${name}=${text(value)}`)
    .join(' ')
}

function otherFields(fields: Readonly<Record<string, unknown>>): string {
  const rest = Object.entries(fields).filter(([name]) => !['level', 'time', 'msg', 'worker'].includes(name))
  return rest.length === 0 ? '' : `  ${rest.map(([name, value]) => `${name}=${text(value)}`).join(' ')}`
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    // JSON.parse gave an object: its fields are unknown, which is what the type says.
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
