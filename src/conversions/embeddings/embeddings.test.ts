import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { cohereEmbeddings, createEmbeddingsConversion, type EmbeddingsDialect, encodingOf, geminiEmbeddings, titanEmbeddings, vertexEmbeddings } from './index.ts'

const dialects: Readonly<Record<string, EmbeddingsDialect>> = { geminiEmbeddings, vertexEmbeddings, titanEmbeddings, cohereEmbeddings }
const float = { clientModel: 'mine', encoding: 'float' } as const

function write(dialect: EmbeddingsDialect, body: JsonObject, upstreamModel = 'm'): unknown {
  return dialect.writeRequest({ model: 'mine', ...body }, { upstreamModel })
}

describe('a request for embeddings', () => {
  it("becomes a batch of AI Studio's", () => {
    const content = (text: string): JsonObject => ({ parts: [{ text }] })
    assert.deepEqual(write(geminiEmbeddings, { input: ['a', 'b'], dimensions: 256 }, 'gemini-embedding-001'), {
      body: {
        requests: [
          { model: 'models/gemini-embedding-001', content: content('a'), outputDimensionality: 256 },
          { model: 'models/gemini-embedding-001', content: content('b'), outputDimensionality: 256 },
        ],
      },
      dropped: [],
    })
    assert.deepEqual(write(geminiEmbeddings, { input: 'a' }, 'models/x'), { body: { requests: [{ model: 'models/x', content: content('a') }] }, dropped: [] })
  })

  it("becomes instances of Vertex AI's, never cut silently", () => {
    assert.deepEqual(write(vertexEmbeddings, { input: ['a', 'b'], dimensions: 256 }), {
      body: { instances: [{ content: 'a' }, { content: 'b' }], parameters: { autoTruncate: false, outputDimensionality: 256 } },
      dropped: [],
    })
  })

  it("becomes one text of Titan's, and is refused for several", () => {
    assert.deepEqual(write(titanEmbeddings, { input: ['a'], dimensions: 256 }, 'amazon.titan-embed-text-v2:0'), { body: { inputText: 'a', dimensions: 256 }, dropped: [] })
    assert.throws(() => write(titanEmbeddings, { input: ['a', 'b'] }), { code: 'unsupported_parameter', param: 'input', message: /one by one/ })
    assert.throws(() => write(titanEmbeddings, { input: 'a', dimensions: 256 }, 'amazon.titan-embed-text-v1'), { code: 'unsupported_parameter', param: 'dimensions' })
  })

  it("becomes documents of Cohere's, or what the client calls them", () => {
    assert.deepEqual(write(cohereEmbeddings, { input: ['a', 'b'] }), { body: { texts: ['a', 'b'], input_type: 'search_document' }, dropped: [] })
    assert.deepEqual(write(cohereEmbeddings, { input: 'a', input_type: 'search_query', dimensions: 512 }, 'us.cohere.embed-v4:0'), {
      body: { texts: ['a'], input_type: 'search_query', output_dimension: 512 },
      dropped: [],
    })
    assert.deepEqual(write(cohereEmbeddings, { input: 'a', dimensions: 1024 }, 'cohere.embed-english-v3'), { body: { texts: ['a'], input_type: 'search_document' }, dropped: [] })
    assert.throws(() => write(cohereEmbeddings, { input: 'a', dimensions: 512 }, 'cohere.embed-multilingual-v3'), { code: 'unsupported_parameter', param: 'dimensions' })
    assert.throws(() => write(cohereEmbeddings, { input: Array.from({ length: 97 }, () => 'a') }), { code: 'unsupported_parameter', param: 'input' })
  })

  for (const [name, dialect] of Object.entries(dialects)) {
    it(`is checked before it becomes one of ${name}`, () => {
      const refused: [JsonObject, string, string][] = [
        [{}, 'malformed_request', 'input'],
        [{ input: [] }, 'malformed_request', 'input'],
        [{ input: '' }, 'malformed_request', 'input'],
        [{ input: [''] }, 'malformed_request', 'input'],
        [{ input: { text: 'a' } }, 'malformed_request', 'input'],
        [{ input: [1, 2, 3] }, 'unsupported_parameter', 'input'],
        [{ input: [[1, 2], [3]] }, 'unsupported_parameter', 'input'],
        [{ input: 'a', dimensions: 0 }, 'malformed_request', 'dimensions'],
        [{ input: 'a', dimensions: 1.5 }, 'malformed_request', 'dimensions'],
        [{ input: 'a', dimensions: '8' }, 'malformed_request', 'dimensions'],
        [{ input: 'a', encoding_format: 'int8' }, 'malformed_request', 'encoding_format'],
      ]
      for (const [body, code, param] of refused) assert.throws(() => write(dialect, body), { code, param }, JSON.stringify(body))
      const written = Object(write(dialect, { input: 'a', user: 'alice', encoding_format: 'base64', dimensions: null }))
      assert.deepEqual(written.dropped, ['user'])
    })
  }

  it('drops the kind of input where only Cohere knows it', () => {
    for (const dialect of [geminiEmbeddings, vertexEmbeddings, titanEmbeddings]) assert.deepEqual(Object(write(dialect, { input: 'a', input_type: 'search_query' })).dropped, ['input_type'])
  })
})

const answers: readonly [EmbeddingsDialect, JsonValue, number | undefined][] = [
  [geminiEmbeddings, { embeddings: [{ values: [0.5, -1] }, { values: [0.25, 0] }] }, undefined],
  [geminiEmbeddings, { embeddings: [{ values: [0.5, -1] }, { values: [0.25, 0] }], usageMetadata: { promptTokenCount: 9 } }, 9],
  [
    vertexEmbeddings,
    { predictions: [{ embeddings: { values: [0.5, -1], statistics: { token_count: 4, truncated: false } } }, { embeddings: { values: [0.25, 0], statistics: { token_count: 5 } } }] },
    9,
  ],
  [vertexEmbeddings, { predictions: [{ embeddings: { values: [0.5, -1], statistics: { token_count: 4 } } }, { embeddings: { values: [0.25, 0] } }] }, undefined],
  [cohereEmbeddings, { id: 'x', response_type: 'embeddings_floats', embeddings: [[0.5, -1], [0.25, 0]], texts: ['a', 'b'] }, undefined],
  [cohereEmbeddings, { response_type: 'embeddings_by_type', embeddings: { float: [[0.5, -1], [0.25, 0]] } }, undefined],
]

describe('an answer with embeddings', () => {
  it("becomes OpenAI's list, with usage only where it was told", () => {
    for (const [dialect, body, tokens] of answers) {
      assert.deepEqual(dialect.readAnswer(body, float), {
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: [0.5, -1] }, { object: 'embedding', index: 1, embedding: [0.25, 0] }],
        model: 'mine',
        ...(tokens === undefined ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } }),
      })
      assert.equal(dialect.readUsage(body)?.inputTokens, tokens)
    }
    assert.deepEqual(titanEmbeddings.readAnswer({ embedding: [1], inputTextTokenCount: 3, embeddingsByType: { float: [1] } }, float), {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [1] }],
      model: 'mine',
      usage: { prompt_tokens: 3, total_tokens: 3 },
    })
  })

  it('is base64 of little-endian float32 when that was asked for', () => {
    for (const [dialect, body] of answers) {
      const list = Object(dialect.readAnswer(body, { ...float, encoding: 'base64' }))
      // 0.5 is 0x3f000000, -1 is 0xbf800000.
      assert.equal(list.data[0].embedding, Buffer.from([0, 0, 0, 0x3f, 0, 0, 0x80, 0xbf]).toString('base64'))
    }
  })

  it('is refused when it is none', () => {
    const hostile: JsonValue[] = [null, 'x', [], {}, { embeddings: [] }, { embeddings: [{ values: ['1'] }] }, { embeddings: [[1, null]] }, { embeddings: { float: [[]] } }, { embedding: 'AAAA' }, { predictions: [{}] }, { predictions: [{ embeddings: [1] }] }]
    for (const dialect of Object.values(dialects)) {
      for (const body of hostile) {
        for (const encoding of ['float', 'base64'] as const) assert.throws(() => dialect.readAnswer(body, { ...float, encoding }), { code: 'provider_error' })
        assert.equal(dialect.readUsage(body), undefined)
      }
    }
  })

  it("is an error in the provider's words", () => {
    const google = { error: { code: 400, message: 'Bad', status: 'INVALID_ARGUMENT' } }
    assert.deepEqual([geminiEmbeddings, vertexEmbeddings].map((dialect) => dialect.readError(google)), [{ message: 'Bad', type: 'INVALID_ARGUMENT' }, { message: 'Bad', type: 'INVALID_ARGUMENT' }])
    assert.deepEqual(titanEmbeddings.readError({ message: 'Slow down', __type: 'ThrottlingException' }), { message: 'Slow down', type: 'ThrottlingException' })
    assert.deepEqual(cohereEmbeddings.readError({ Message: 'Denied' }), { message: 'Denied', type: undefined })
    for (const dialect of Object.values(dialects)) for (const body of [undefined, null, [], {}]) assert.match(dialect.readError(body).message, /did not explain/)
  })
})

describe('the conversion of embeddings', () => {
  const conversion = createEmbeddingsConversion(titanEmbeddings)
  const context = { clientModel: 'mine', exchangeId: 'x', createdSeconds: 0, usageAsked: false }
  const answer = Buffer.from('{"embedding":[0.5],"inputTextTokenCount":2}')

  it('goes from bytes to bytes and has no streams', () => {
    const request = conversion.convertRequest(Buffer.from('{"model":"mine","input":"a","user":"u"}'), { upstreamModel: 'm' })
    assert.deepEqual(request, { body: { inputText: 'a' }, dropped: ['user'], stream: false })
    const { body, usage } = conversion.convertAnswer(answer, context)
    assert.deepEqual(JSON.parse(body.toString()).data, [{ object: 'embedding', index: 0, embedding: [0.5] }])
    assert.deepEqual(usage, { inputTokens: 2, outputTokens: 0 })
    assert.equal(conversion.convertStream, undefined)
    assert.deepEqual(conversion.readError(Buffer.from('<html>')).type, undefined)
  })

  it('encodes as the request asked', () => {
    const embeddingsEncoding = encodingOf(Buffer.from('{"encoding_format":"base64"}'))
    assert.equal(JSON.parse(conversion.convertAnswer(answer, { ...context, embeddingsEncoding }).body.toString()).data[0].embedding, 'AAAAPw==')
    assert.deepEqual(['{}', '{"encoding_format":1}', '[', 'null'].map((body) => encodingOf(Buffer.from(body))), ['float', 'float', 'float', 'float'])
  })
})
