// The JSON that comes with a request to the admin interface.

import type { IncomingMessage } from 'node:http'
import { type AdminAnswer, problemAnswer } from './admin-page.ts'

/** Far more than any question to the admin interface needs, and little to hold in memory. */
const MAX_BODY_BYTES = 1024 * 1024

export type JsonBody = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly refusal: AdminAnswer }

/** Rejects when the client goes before the end. */
export async function readJsonBody(request: IncomingMessage): Promise<JsonBody> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    // The rest of a body that is too long is read and dropped: a client that is still sending does not hear an answer.
    if (bytes <= MAX_BODY_BYTES) parts.push(part)
    else parts.length = 0
  }
  if (bytes > MAX_BODY_BYTES) return { ok: false, refusal: problemAnswer({ status: 413, code: 'body_too_large', message: `The body has ${bytes} bytes, allowed: at most ${MAX_BODY_BYTES}.` }) }
  if (bytes === 0) return { ok: true, value: undefined }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(parts).toString()) as unknown }
  } catch (thrown) {
    return { ok: false, refusal: problemAnswer({ status: 400, code: 'body_not_json', message: `The body is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}` }) }
  }
}
