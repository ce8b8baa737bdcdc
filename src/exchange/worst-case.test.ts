import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatForPath } from '../formats/index.ts'
import { type BoundInput, boundRequest, type RequestBound } from './worst-case.ts'

const CHAT = '/v1/chat/completions'
const COMPLETIONS = '/v1/completions'
const RESPONSES = '/v1/responses'
const MESSAGES = '/v1/messages'

function bound(path: string, body: object | string | Buffer, model: Partial<BoundInput['model']> = {}): RequestBound {
  const format = formatForPath(path)
  assert.ok(format !== undefined)
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return boundRequest({ format: format.name, body: bytes, parsed: format.parseRequest(bytes, undefined), model: { clientModel: 'gpt-4o', ...model } })
}

function tokens(path: string, body: object | string | Buffer, model: Partial<BoundInput['model']> = {}): readonly [input: number, output: number] {
  const result = bound(path, body, model)
  if (!result.ok) throw new Error(result.why)
  return [result.inputTokens, result.outputTokens]
}

function refused(result: RequestBound): string {
  if (result.ok) throw new Error(`it has a bound: ${JSON.stringify(result)}`)
  return result.why
}

const size = (body: object): number => JSON.stringify(body).length
const ask = (content: unknown, more: object = {}): object => ({ model: 'gpt-4o', messages: [{ role: 'user', content }], max_tokens: 100, ...more })

describe('the most input of a text', () => {
  it('is its bytes and a frame', () => {
    const body = ask('Hello')
    assert.deepEqual(tokens(CHAT, body), [size(body) + 64, 100])
    const parts = ask([{ type: 'text', text: 'Hello' }])
    assert.deepEqual(tokens(MESSAGES, parts), [size(parts) + 64, 100])
    const items = { input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }, { type: 'function_call_output', call_id: 'c', output: 'x' }], max_output_tokens: 100 }
    assert.deepEqual(tokens(RESPONSES, items), [size(items) + 64, 100])
  })

  it('counts as bytes what a tokenizer makes of the characters', () => {
    const hindi = 'क़'.repeat(1_000).normalize('NFD')
    const composed = '\u0958'.repeat(1_000)
    assert.equal(Buffer.byteLength(hindi), 6_000)
    assert.ok(tokens(CHAT, ask(composed))[0] > 6_000)
    assert.ok(tokens(CHAT, ask('ü'.repeat(1_000)))[0] > 2_000)
  })

  it('is unknown when it is not UTF-8', () => {
    const body = Buffer.from(JSON.stringify(ask('x')).replace('"x"', '"\xff\xff"'), 'latin1')
    assert.match(refused(bound(CHAT, body)), /UTF-8/)
    assert.match(refused(bound(CHAT, body, { contextTokens: 1_000 })), /UTF-8/)
  })

  it('is larger with tools, whose schemas are written anew, and with a schema of the answer', () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { type: { type: 'image_url' } } } } }]
    const body = ask('Hello', { tools })
    assert.equal(tokens(CHAT, body)[0], size(body) + size(tools) + 64 + 1_024)
    const format = { type: 'json_schema', json_schema: { name: 'x', schema: {} } }
    const formatted = ask('Hello', { response_format: format })
    assert.equal(tokens(CHAT, formatted)[0], size(formatted) + size(format) + 64 + 1_024)
    const claude = ask('Hello', { tools: [{ name: 'f', input_schema: { web_search: 1 } }], tools_: null })
    assert.ok(tokens(MESSAGES, claude)[0] > size(claude) + 1_024)
  })

  it('counts calls of tools twice, and looks for nothing in their arguments', () => {
    const input = { type: 'image', source: { data: 'x'.repeat(50) } }
    const messages = [{ role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input }] }, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'x' }] }] }]
    const body = { messages, max_tokens: 5 }
    assert.equal(tokens(MESSAGES, body)[0], size(body) + size(input) + 64)
    const calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"image_url":1}' } }]
    const chat = { messages: [{ role: 'assistant', content: null, refusal: null, audio: null, tool_calls: calls }], max_tokens: 5 }
    assert.equal(tokens(CHAT, chat)[0], size(chat) + size(calls) + 64)
  })

  it('is never more than the context of the model', () => {
    assert.equal(tokens(CHAT, ask('x'.repeat(5_000)), { contextTokens: 1_000 })[0], 1_000)
  })
})

describe('input that its bytes do not bound', () => {
  const picture = `data:image/png;base64,${'iVBO'.repeat(100)}`
  const cases: readonly (readonly [path: string, body: object, name: RegExp])[] = [
    [CHAT, ask([{ type: 'image_url', image_url: { url: picture } }]), /image_url/],
    [CHAT, ask([{ image_url: 'https://x/y.png' }]), /image_url/],
    [CHAT, ask([{ type: 'input_audio', input_audio: { data: 'x' } }]), /input_audio/],
    [CHAT, ask([{ type: 'file', file: { file_id: 'file-1' } }]), /"file"/],
    [CHAT, { messages: [{ role: 'assistant', audio: { id: 'audio_1' } }], max_tokens: 5 }, /"audio"/],
    [CHAT, ask({ type: 'text', text: { video_url: 'x' } }), /"text"/],
    [MESSAGES, ask([{ type: 'image', source: { type: 'url', url: 'https://x/y.png' } }]), /"image"/],
    [MESSAGES, ask([{ type: 'document', source: { type: 'file', file_id: 'f' } }]), /"document"/],
    [MESSAGES, ask([{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: {} }] }]), /"image"/],
    [MESSAGES, ask([{ type: 'thinking', thinking: 'x', signature: 'y' }]), /"thinking"/],
    [MESSAGES, ask('x', { tools: [{ type: 'bash_20250124', name: 'bash' }] }), /bash_20250124/],
    [MESSAGES, ask('x', { system: [{ type: 'document', source: {} }] }), /"document"/],
    [RESPONSES, { input: 'x', previous_response_id: 'resp_1', max_output_tokens: 100 }, /previous_response_id/],
    [RESPONSES, { input: 'x', conversation: { id: 'conv_1' }, max_output_tokens: 100 }, /conversation/],
    [RESPONSES, { input: [{ id: 'msg_1' }], max_output_tokens: 100 }, /"id"/],
    [RESPONSES, { input: [{ type: 'item_reference', id: 'msg_1' }], max_output_tokens: 100 }, /item_reference/],
    [RESPONSES, { input: [{ type: 'reasoning', encrypted_content: 'x' }], max_output_tokens: 100 }, /"reasoning"/],
    [RESPONSES, { input: [{ role: 'user', content: [{ type: 'input_file', file_url: 'https://x' }] }], max_output_tokens: 100 }, /input_file/],
    [RESPONSES, { input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', file_id: 'f' }] }], max_output_tokens: 100 }, /input_image/],
    [RESPONSES, { input: 'x', instructions: [{ role: 'user', content: [{ type: 'input_image', image_url: 'x' }] }], max_output_tokens: 100 }, /input_image/],
  ]
  for (const [path, body, name] of cases) {
    it(`is bounded by the context only: ${JSON.stringify(body).slice(0, 110)}`, () => {
      const why = refused(bound(path, body))
      assert.match(why, name)
      assert.match(why, /stands for more tokens than the request shows. Leave it out, or have the operator set context_tokens of the model gpt-4o\.$/)
      assert.equal(tokens(path, body, { contextTokens: 128_000 })[0], 128_000)
    })
  }
})

describe('a request without any bound', () => {
  const cases: readonly (readonly [path: string, body: object, name: RegExp])[] = [
    [CHAT, ask('x', { web_search_options: {} }), /^"web_search_options" can make a provider do more than the request shows. Leave it out.$/],
    [CHAT, ask('x', { Web_Search_Options: {} }), /"Web_Search_Options"/],
    [CHAT, ask('x', { plugins: [{ id: 'web' }] }), /"plugins"/],
    [CHAT, ask('x', { prediction: { type: 'content', content: 'x' } }), /"prediction"/],
    [CHAT, ask('x', { tools: [{ type: 'web_search' }] }), /a tool with "type": "web_search"/],
    [CHAT, ask('x', { tools: [{ google_search: {} }] }), /"google_search" in a tool/],
    [CHAT, ask('x', { tools: [{ type: 'function', type_: 1 }] }), /"type_" in a tool/],
    [CHAT, ask('x', { tools: ['web_search'] }), /"tools"/],
    [CHAT, ask('x', { tools: { type: 'web_search' } }), /"tools"/],
    [CHAT, ask('x', { tools: [{ type: ['function'] }] }), /"type": that is no text/],
    [RESPONSES, { input: 'x', max_output_tokens: 100, tools: [{ type: 'function', name: 'f' }, { type: 'code_interpreter', container: { type: 'auto' } }] }, /code_interpreter|container/],
    [RESPONSES, { input: 'x', max_output_tokens: 100, tools: [{ type: 'mcp', server_url: 'https://x' }] }, /"mcp"/],
    [RESPONSES, { input: 'x', max_output_tokens: 100, tools: [{ type: 'file_search' }] }, /file_search/],
    [RESPONSES, { input: 'x', max_output_tokens: 100, tools: [{ type: 'computer_use_preview' }] }, /computer_use_preview/],
    [RESPONSES, { prompt: { id: 'pmpt_1' }, max_output_tokens: 100 }, /"prompt"/],
    [MESSAGES, ask('x', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }), /web_search_20250305/],
    [MESSAGES, ask('x', { tools: [{ type: 'bash_code_execution_20250825', name: 'x' }] }), /bash_code_execution/],
    [MESSAGES, ask('x', { tools: [{ name: 'f', allowed_callers: ['code_execution_20250825'] }] }), /allowed_callers/],
    [MESSAGES, ask('x', { mcp_servers: [] }), /mcp_servers/],
    [MESSAGES, ask('x', { container: 'c' }), /container/],
    [COMPLETIONS, { prompt: 'x', max_tokens: 5, prompt_embeds: 'x' }, /prompt_embeds/],
    ['/v1/embeddings', { input: 'x', messages: [] }, /messages/],
  ]
  for (const [path, body, name] of cases) {
    it(`is refused, whatever the operator knows of the model: ${JSON.stringify(body).slice(0, 110)}`, () => {
      assert.match(refused(bound(path, body, { contextTokens: 128_000, maxOutputTokens: 4_000 })), name)
    })
  }

  it('is refused when servers may read its bounds in their own way', () => {
    assert.equal(refused(bound(CHAT, ask('x', { n: '5' }))), '"n" must be a positive integer.')
    assert.equal(refused(bound(CHAT, ask('x', { max_completion_tokens: -1 }))), '"max_completion_tokens" must be a positive integer.')
  })

  it('takes null for absent, at every place', () => {
    tokens(CHAT, ask('x', { tools: null, web_search_options: null, n: null }))
    assert.equal(tokens(RESPONSES, { input: 'x', prompt: null, previous_response_id: null, max_output_tokens: 5 })[1], 5)
  })
})

describe('a request that may be read in two ways', () => {
  it('is bounded for both', () => {
    for (const tools of ['"tools":[{"type":"web_search"}],"tools":[]', '"tools":[],"tools":[{"type":"web_search"}]', String.raw`"to\u006fls":[{"type":"web_search"}]`]) {
      assert.match(refused(bound(CHAT, `{"messages":[],"max_tokens":5,${tools}}`)), /web_search/, tools)
    }
    for (const tool of ['{"type":"function","type":"web_search"}', '{"type":"web_search","type":"function"}', String.raw`{"\u0074ype":"web_search"}`, String.raw`{"type":"web\u005fsearch"}`]) {
      refused(bound(CHAT, `{"messages":[],"max_tokens":5,"tools":[${tool}]}`))
    }
    for (const part of ['{"type":"text","type":"image_url"}', '{"text":"a","text":{"image_url":1}}', String.raw`{"image\u005furl":"x"}`, '{"TYPE":"image_url"}', '[[{"image_url":1}]]', '{"content":{"content":[{"image_url":1}]}}']) {
      const body = `{"messages":[{"role":"user","content":[${part}]}],"max_tokens":5}`
      refused(bound(CHAT, body))
      assert.equal(tokens(CHAT, body, { contextTokens: 9_999 })[0], 9_999, part)
    }
    refused(bound(CHAT, `{"messages":[{"role":"user","content":[]}],"messages":[{"content":[{"image_url":1}]}],"max_tokens":5}`))
  })

  it('is not when a name only looks like another one, and names in messages have a bound', () => {
    assert.match(refused(bound(CHAT, ask('x', { ['x'.repeat(10_000)]: 1 }))), /^"x{64}"/)
    assert.ok(refused(bound(CHAT, ask([{ ['y'.repeat(10_000)]: 1 }]))).length < 300)
    assert.ok(refused(bound(CHAT, ask('x', { tools: [{ type: 'z'.repeat(10_000) }] }))).length < 300)
  })
})

describe('the most output', () => {
  it('is what the client, the model or its context allow, whatever is least', () => {
    const body = (max?: number): object => ({ messages: [], ...(max === undefined ? {} : { max_completion_tokens: max }) })
    assert.equal(tokens(CHAT, body(50), { maxOutputTokens: 100, contextTokens: 200 })[1], 50)
    assert.equal(tokens(CHAT, body(500), { maxOutputTokens: 100, contextTokens: 200 })[1], 100)
    assert.equal(tokens(CHAT, body(), { maxOutputTokens: 100 })[1], 100)
    assert.equal(tokens(CHAT, body(), { contextTokens: 200 })[1], 200)
    assert.match(refused(bound(CHAT, body())), /^Its output has no bound. Set "max_completion_tokens", or the operator can set max_output_tokens of the model gpt-4o.$/)
  })

  it('is that for every choice of every prompt', () => {
    assert.equal(tokens(CHAT, { messages: [], max_tokens: 100, n: 3 })[1], 300)
    assert.equal(tokens(COMPLETIONS, { prompt: 'a', max_tokens: 100, n: 2, best_of: 3 })[1], 300)
    assert.equal(tokens(COMPLETIONS, { prompt: ['a', 'b', 'c', 'd'], max_tokens: 100, n: 2 })[1], 800)
    assert.equal(tokens(COMPLETIONS, { prompt: [1, 2, 3, 4], max_tokens: 100 })[1], 100)
    assert.equal(tokens(COMPLETIONS, { prompt: [[1, 2], [3]], max_tokens: 100 })[1], 200)
    assert.equal(tokens(CHAT, { messages: [], max_tokens: 100, n: Number.MAX_SAFE_INTEGER })[1], Number.MAX_SAFE_INTEGER)
  })

  it('is not what the client says when thoughts may go beyond it', () => {
    const body = { messages: [], max_tokens: 4_000, thinking: { type: 'enabled', budget_tokens: 30_000 } }
    refused(bound(MESSAGES, body))
    assert.equal(tokens(MESSAGES, body, { maxOutputTokens: 64_000 })[1], 64_000)
    assert.equal(tokens(MESSAGES, { ...body, max_tokens: 31_000 })[1], 31_000)
    assert.equal(tokens(MESSAGES, { messages: [], max_tokens: 0 })[1], 0)
  })
})

describe('other requests', () => {
  it('for vectors have no output, and any number of texts', () => {
    const body = { model: 'e', input: ['a'.repeat(50), 'b', [1, 2]] }
    assert.deepEqual(tokens('/v1/embeddings', body, { contextTokens: 10 }), [30, 0])
    assert.deepEqual(tokens('/v1/embeddings', body), [size(body) + 64, 0])
  })

  it('for an order read the query again with each document', () => {
    const body = { query: 'q', documents: ['a', { text: 'b' }, 'c'] }
    assert.deepEqual(tokens('/v1/rerank', body), [3 * (size(body) + 64), 0])
  })

  it('for pictures and sound have what the operator says of the model', () => {
    const body = { prompt: 'a cat', n: 2 }
    assert.match(refused(bound('/v1/images/generations', body)), /^Its output has no bound: the operator must set max_output_tokens/)
    assert.deepEqual(tokens('/v1/images/generations', body, { maxOutputTokens: 6_240 }), [2 * (size(body) + 64), 12_480])
    assert.deepEqual(tokens('/v1/audio/speech', { input: 'x', voice: 'v' }, { contextTokens: 2_000 })[1], 2_000)
  })

  it('as forms hold files', () => {
    const form = Buffer.from('--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n3\r\n--x--')
    const format = formatForPath('/v1/images/edits')
    assert.ok(format !== undefined)
    const parsed = format.parseRequest(form, 'multipart/form-data; boundary=x')
    const ask = (contextTokens?: number): RequestBound => boundRequest({ format: format.name, body: form, parsed, model: { clientModel: 'm', ...(contextTokens === undefined ? {} : { contextTokens }) } })
    assert.match(refused(ask()), /^A file stands for more tokens/)
    assert.deepEqual(ask(1_000), { ok: true, inputTokens: 3_000, outputTokens: 3_000 })
  })

  it('for a count of tokens cost nothing', () => {
    assert.deepEqual(tokens('/v1/messages/count_tokens', { messages: [], tools: [{ type: 'web_search_20250305' }] }), [0, 0])
  })
})
