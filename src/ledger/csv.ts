// Comma-separated values as RFC 4180 has them, written so that no spreadsheet takes a text for a formula, and read as others write them.

/** What a cell may hold; undefined is an empty cell. */
export type CsvValue = string | number | boolean | undefined

/** Excel, LibreOffice and Google Sheets compute cells that begin with one of these (OWASP, "CSV Injection"). */
const FORMULA_START = /^[=+\-@\t\r]/
const NEEDS_QUOTES = /[",\r\n]/

/** One record with its line end. Texts that could be formulas get a `'` in front; numbers never need it. */
export function writeCsvRecord(values: readonly CsvValue[]): string {
  return `${values.map(writeCell).join(',')}\r\n`
}

function writeCell(value: CsvValue): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const harmless = FORMULA_START.test(value) ? `'${value}` : value
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

export interface CsvRecord {
  /** Where it begins in the file, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** Records of a text; empty lines are none. Throws an Error that names the line when quotes are not closed. */
export function parseCsv(text: string): readonly CsvRecord[] {
  const records: CsvRecord[] = []
  // A cell and what ends it; a quoted one may hold line ends. The mark at the beginning of files of Windows is no part of the first name.
  const cell = /(?:"([^"]*(?:""[^"]*)*)"|([^,\r\n"]*))(,|\r\n|\n|\r|$)/y
  let position = text.startsWith('\uFEFF') ? 1 : 0
  let line = 1
  let cells: string[] = []
  let begins = 1
  while (position < text.length) {
    cell.lastIndex = position
    const match = cell.exec(text)
    if (match === null) throw new Error(`line ${line}: a quote that is not closed, or stands in the middle of a cell`)
    const [whole, quoted, bare = '', end = ''] = match
    cells.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'))
    line += whole.split(/\r\n|\n|\r/).length - 1
    position += whole.length
    if (end === ',' && position < text.length) continue
    if (end === ',') cells.push('')
    if (cells.length > 1 || cells[0] !== '') records.push({ line: begins, cells })
    cells = []
    begins = line
  }
  return records
}
