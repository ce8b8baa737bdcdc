// Reads and edits the forms of the image and audio endpoints: the model is a field among files.

import { TollgateError } from '../core/errors.ts'
import { estimateInputTokens } from './estimate-input-tokens.ts'
import type { ParsedRequest } from './format.ts'
import { type FormPart, isUtf8, type MultipartForm, parseMultipartForm } from './multipart-parts.ts'
import { spliceBytes } from './splice-bytes.ts'
import { selectWatched } from './watched-names.ts'

const watched: ReadonlySet<string> = new Set(['model', 'stream', 'n', '_charset_'])

/**
 * Throws TollgateError: `unsupported_request` when the content type is not multipart/form-data, `malformed_request` when the form is broken or
 * has a field we rely on twice, as a file, in another case or in another encoding. Media count by number, not by size; streams of
 * these endpoints always tell their usage.
 */
export function parseMultipartRequest(body: Buffer, contentType: string | undefined): ParsedRequest {
  const form = parseMultipartForm(body, contentType)
  const fields = selectWatched(watched, form.parts, ({ name }) => name)
  const values = new Map<string, string>()
  for (const [name, part] of fields) values.set(name, readField(body, part))
  const charset = values.get('_charset_') ?? 'utf-8'
  if (!isUtf8(charset)) throw new TollgateError('malformed_request', 'The form must be in UTF-8.', { param: '_charset_' })
  const model = values.get('model')
  if (model === '') throw new TollgateError('malformed_request', '"model" must not be empty.', { param: 'model' })
  const files = form.parts.filter((part) => part.isFile)
  const textBytes = form.parts.reduce((sum, part) => (part.isFile ? sum : sum + part.end - part.start), 0)
  const choices = Number(values.get('n') ?? 1)
  const isClear = /^[1-9][0-9]{0,14}$/.test(values.get('n') ?? '1')
  return {
    model,
    stream: readStream(values.get('stream')),
    usageAsked: true,
    maxOutputTokens: undefined,
    leastOutputTokens: undefined,
    unclearBounds: isClear ? [] : ['n'],
    choices: Number.isSafeInteger(choices) && choices >= 1 ? choices : 1,
    inputTokensEstimate: estimateInputTokens({ textBytes, mediaCount: files.length }),
    edit(changes) {
      if (changes.model === undefined || changes.model === model) return undefined
      return writeModel(body, { form, modelPart: fields.get('model'), model: changes.model })
    },
  }
}

function readField(body: Buffer, part: FormPart): string {
  if (part.isFile) throw new TollgateError('malformed_request', `The field "${part.name}" must not be a file.`, { param: part.name })
  const encoding = part.headers.get('content-transfer-encoding')?.trim().toLowerCase() ?? 'binary'
  const charsets = (part.headers.get('content-type') ?? '').matchAll(/charset\s*=\s*"?([^\s;"]*)/gi)
  if (!['7bit', '8bit', 'binary'].includes(encoding) || [...charsets].some(([, charset]) => !isUtf8(charset ?? ''))) {
    throw new TollgateError('malformed_request', `The field "${part.name}" must be plain text in UTF-8.`, { param: part.name })
  }
  return body.toString('utf8', part.start, part.end)
}

function readStream(value: string | undefined): boolean {
  if (value === undefined) return false
  // SDKs in Python write True; other truths of lax servers ("1", "yes") are refused, because strict ones read them otherwise.
  const lowerCase = value.toLowerCase()
  if (lowerCase !== 'true' && lowerCase !== 'false') throw new TollgateError('malformed_request', '"stream" must be true or false.', { param: 'stream' })
  return lowerCase === 'true'
}

interface ModelChange {
  readonly form: MultipartForm
  readonly modelPart: FormPart | undefined
  readonly model: string
}

function writeModel(body: Buffer, { form, modelPart, model }: ModelChange): Buffer | undefined {
  if (model.includes(`--${form.boundary}`)) {
    throw new TollgateError('malformed_request', 'The boundary of the multipart body is part of a model name. Use a random one.')
  }
  if (modelPart !== undefined) return spliceBytes(body, [{ start: modelPart.start, end: modelPart.end, text: model }])
  const text = `--${form.boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\n${model}\r\n`
  return spliceBytes(body, [{ start: form.firstDelimiter, end: form.firstDelimiter, text }])
}
