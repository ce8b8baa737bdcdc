// Whatever a client or a provider sends, it is read or refused: nothing makes a reader throw anything but its own errors.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TollgateError } from '../../core/errors.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { ChatEventReader } from './event-reader.ts'
import { readAnswer } from './read-answer.ts'
import { readError } from './read-error.ts'
import { readRequest } from './read-request.ts'

const names = `messages role content type text image_url url detail input_audio data format file file_data file_id filename tool_calls id function name arguments
  tool_call_id refusal thinking_blocks thinking signature cache_control ttl tools parameters strict tool_choice allowed_tools mode response_format json_schema schema
  reasoning_effort budget_tokens stop stream stream_options metadata n modalities logprobs reasoning_content extra_content google thought_signature
  choices index delta message finish_reason stop_reason usage prompt_tokens error code detail function_call x_groq`
  .split(/\s+/)
  .filter((name) => name !== '')
const texts = `user assistant system tool function text image_url file input_audio refusal thinking redacted_thinking auto required ephemeral json_schema stop [DONE]
  {"a":1} data:image/png;base64,AA== https://x.test call_1 call_1__sig__QQ`
  .split(/\s+/)
  .filter((text) => text !== '')

/** JSON made of the words of the API, in places where they do not belong. */
const { value } = fc.letrec<{ value: JsonValue; members: JsonObject; list: readonly JsonValue[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom<JsonValue>(null, true, 0, -1, 1.5, ''),
    fc.constantFrom<JsonValue>(...texts),
    tie('members'),
    tie('list'),
  ),
  members: fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 6 }),
  list: fc.array(tie('value'), { maxLength: 4 }),
}))
const members = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 6 })

/** What a reader threw that is not its own error. */
function foreignError(action: () => unknown): unknown {
  try {
    action()
    return undefined
  } catch (thrown) {
    return thrown instanceof TollgateError && thrown.code !== 'internal' ? undefined : thrown
  }
}

describe('hostile input', () => {
  it('is a request or a refusal', () => {
    const message = fc.record({ role: fc.constantFrom('user', 'assistant', 'tool', 'system', 'function') }).chain((role) => members.map((rest) => ({ ...rest, ...role })))
    fc.assert(
      fc.property(members, fc.oneof(value, fc.array(message, { maxLength: 4 })), (rest, messages) => {
        assert.equal(foreignError(() => readRequest({ ...rest, messages })), undefined)
      }),
      { numRuns: 1_000 },
    )
  })

  it('is an answer or an error of the provider', () => {
    fc.assert(
      fc.property(fc.oneof(value, members.map((message) => ({ choices: [{ message }] }))), (body) => {
        assert.equal(foreignError(() => readAnswer(body)), undefined)
        assert.equal(typeof readError(body).message, 'string')
      }),
      { numRuns: 1_000 },
    )
  })

  it('is a stream that ends once, whatever its chunks are', () => {
    const chunk = fc.oneof(
      value.map((body) => JSON.stringify(body)),
      members.map((delta) => JSON.stringify({ choices: [{ delta }] })),
      fc.constantFrom('', '[DONE]', '{', '{"choices":[]}'),
    )
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 8 }), (chunks) => {
        const reader = new ChatEventReader()
        const kinds = [...chunks.flatMap((each) => reader.read('', each)), ...reader.close()].map((event) => event.kind)
        const ends = kinds.filter((kind) => kind === 'end' || kind === 'error')
        assert.ok(ends.length <= 1)
        assert.ok(ends.length === 0 || kinds.at(-1) === ends[0])
      }),
      { numRuns: 1_000 },
    )
  })
})
