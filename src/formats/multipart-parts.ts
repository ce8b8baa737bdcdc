// Splits multipart/form-data (RFC 7578, on RFC 2046 section 5.1) into its parts. Servers disagree over everything sloppy (bare LF, padding,
// backslashes, folded headers), and a disagreement is a way to be limited for one model and served another: what is not plain is refused.

import { TollgateError } from '../core/errors.ts'
import { parseHeaderParameters } from './header-parameters.ts'

export interface FormPart {
  readonly name: string
  /** True when the part has a file name. */
  readonly isFile: boolean
  /** Other headers of the part, lower-case names. */
  readonly headers: ReadonlyMap<string, string>
  /** Bytes of the content in the body; the end is exclusive. */
  readonly start: number
  readonly end: number
}

export interface MultipartForm {
  readonly boundary: string
  /** Offset of the first delimiter, where a part can be put in. */
  readonly firstDelimiter: number
  readonly parts: readonly FormPart[]
}

/** OpenAI's forms have about a dozen fields; images are repeated up to 16 times. */
const MAX_PARTS = 256
/** Bytes of the headers of one part; file names are the only long thing in them. */
const MAX_HEADER_BYTES = 8_192

const CRLF = '\r\n'

/** Throws TollgateError: `unsupported_request` for another content type, `malformed_request` for a form that is broken, cut off or ambiguous. */
export function parseMultipartForm(body: Buffer, contentType: string | undefined): MultipartForm {
  const boundary = parseBoundary(contentType)
  const delimiters = findDelimiters(body, `--${boundary}`)
  const parts: FormPart[] = []
  for (const [index, delimiter] of delimiters.entries()) {
    const next = delimiters[index + 1]
    if (next !== undefined) parts.push(parsePart(body, { number: index + 1, start: delimiter + 2 + boundary.length, end: next - CRLF.length }))
  }
  return { boundary, firstDelimiter: delimiters[0] ?? 0, parts }
}

function parseBoundary(contentType: string | undefined): string {
  if (!/^\s*multipart\/form-data\s*(?:;|$)/i.test(contentType ?? '')) {
    const given = contentType === undefined || contentType === '' ? 'a body without content-type' : JSON.stringify(contentType)
    throw new TollgateError('unsupported_request', `This endpoint takes multipart/form-data with a boundary, not ${given}.`)
  }
  const parameters = parseHeaderParameters(contentType ?? '')?.parameters ?? []
  const [parameter, another] = parameters.filter(({ name }) => name === 'boundary' || name.startsWith('boundary*'))
  // RFC 2046, "bchars": 1 to 70 of these, and no space at the end.
  if (parameter?.name !== 'boundary' || another !== undefined || !/^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/.test(parameter.value)) {
    throw new TollgateError('malformed_request', 'The content-type of a multipart body must have one boundary of 1 to 70 characters (RFC 2046).')
  }
  // Starlette, and with it vLLM, reads the names and values of a form in the charset said here: in UTF-7, "mode+AGw-" is "model".
  if (parameters.some(({ name, value }) => name.startsWith('charset') && !isUtf8(value))) {
    throw new TollgateError('malformed_request', 'A multipart body must be in UTF-8: leave the charset out of its content-type.')
  }
  return parameter.value
}

/** Whether a charset is UTF-8 or a part of it. */
export function isUtf8(charset: string): boolean {
  return ['utf-8', 'utf8', 'us-ascii', 'ascii'].includes(charset.toLowerCase())
}

/** Offsets of all delimiters, the final one last. Whatever looks like a delimiter must be one. */
function findDelimiters(body: Buffer, delimiter: string): number[] {
  const found: number[] = []
  let isClosed = false
  for (let at = body.indexOf(delimiter); at !== -1; at = body.indexOf(delimiter, at + delimiter.length)) {
    if (isClosed) throw broken('has its boundary again after the final boundary')
    if (at !== 0 && body.toString('latin1', Math.max(0, at - 2), at) !== CRLF) throw broken(`has its boundary at byte ${at} without CR LF before it`)
    const after = at + delimiter.length
    isClosed = body.toString('latin1', after, after + 2) === '--'
    const lineEnd = isClosed ? after + 2 : after
    const hasEnd = body.toString('latin1', lineEnd, lineEnd + 2) === CRLF || (isClosed && lineEnd === body.length)
    if (!hasEnd && lineEnd < body.length) throw broken(`has its boundary at byte ${at} followed by something else than CR LF`)
    if (found.length > MAX_PARTS) throw broken(`has more than ${MAX_PARTS} parts`)
    found.push(at)
  }
  if (found.length === 0) throw broken(`does not contain its boundary ${JSON.stringify(delimiter)}`)
  if (!isClosed) throw broken(`is cut off: the final boundary ${JSON.stringify(`${delimiter}--`)} is missing`)
  return found
}

/** `start` is where the delimiter ends, on its CRLF. */
function parsePart(body: Buffer, { number, start, end }: { readonly number: number; readonly start: number; readonly end: number }): FormPart {
  const headersEnd = body.subarray(start, Math.max(start, Math.min(end, start + MAX_HEADER_BYTES))).indexOf(CRLF + CRLF)
  if (headersEnd === -1) throw broken(`has no blank line after the headers of part ${number}, or more than ${MAX_HEADER_BYTES} bytes of headers`)
  const headers = parsePartHeaders(body.toString('utf8', start + CRLF.length, start + headersEnd), number)
  const disposition = parseHeaderParameters(headers.get('content-disposition') ?? '')
  if (disposition?.value !== 'form-data') throw broken(`has no plain Content-Disposition "form-data" in part ${number}`)
  const parameters = new Map<string, string>()
  for (const { name, value } of disposition.parameters) {
    if (parameters.has(name) || name.startsWith('name*')) {
      throw broken(`has a second spelling of ${JSON.stringify(name)} in the Content-Disposition of part ${number}`)
    }
    parameters.set(name, value)
  }
  const name = parameters.get('name')
  if (name === undefined || name.includes('\\')) throw broken(`has no plain name in the Content-Disposition of part ${number}`)
  const isFile = parameters.has('filename') || parameters.has('filename*')
  return { name, isFile, headers, start: start + headersEnd + 2 * CRLF.length, end }
}

function parsePartHeaders(text: string, number: number): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of text.split(CRLF)) {
    // oxlint-disable-next-line no-control-regex -- control characters are what this refuses
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\u0000-\u0008\u000a-\u001f\u007f]*)$/u.exec(line) ?? []
    if (name === undefined) throw broken(`has a malformed header line in part ${number}`)
    if (headers.has(name.toLowerCase())) throw broken(`has the header ${name} twice in part ${number}`)
    headers.set(name.toLowerCase(), value.replace(/^[ \t]+/, ''))
  }
  return headers
}

function broken(problem: string): TollgateError {
  return new TollgateError('malformed_request', `The multipart body ${problem}.`)
}
