// What the client matrix runs against: one gateway, a mock of every provider behind it, and a model for every case. Another provider is a line here.

import assert from 'node:assert/strict'
import { mockAwsKey } from '../../../src/mock/check-aws-signature.ts'
import { type MockProvider, startMockProvider } from '../../../src/mock/mock-provider.ts'
import type { MockApi } from '../../../src/mock/provider-behaviours.ts'
import type { RecordedRequest } from '../../../src/mock/request-log.ts'
import { createCleanup } from './cleanup.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { until } from './until.ts'

export interface ProviderCase {
  /** The model as clients name it. */
  readonly model: string
  /** Also the name of the provider in tollgate.yaml, and so what x-ai-provider says. */
  readonly api: MockApi
  readonly upstreamModel: string
  /** In whose words it is asked. */
  readonly speaks: 'openai' | 'anthropic' | 'converse' | 'gemini'
  /** In the request that brings a tool's result: what the provider signed with the call, once the client asked for thoughts. */
  readonly signed: RegExp | undefined
  /** Clients that ask for thoughts are shown some. */
  readonly showsThoughts: boolean
  /** Whether the API tells what it wrote to a prompt cache. */
  readonly countsCacheWrites: boolean
  /** Whether the API tells how many of the output tokens were thoughts. */
  readonly countsThoughts: boolean
  /** Whether it fetches pictures by their addresses. */
  readonly fetchesImages: boolean
}

const openai = { speaks: 'openai', signed: undefined, showsThoughts: false, countsCacheWrites: false, countsThoughts: true, fetchesImages: true } as const
const anthropic = {
  speaks: 'anthropic',
  signed: /\{"type":"thinking","thinking":"[^"]+","signature":"[^"]{20,}"\}/,
  showsThoughts: true,
  countsCacheWrites: true,
  countsThoughts: true,
  fetchesImages: true,
} as const
const converse = { speaks: 'converse', signed: undefined, showsThoughts: false, countsCacheWrites: true, countsThoughts: false, fetchesImages: false } as const
const thinkingConverse = { ...converse, showsThoughts: true, signed: /\{"reasoningContent":\{"reasoningText":\{"text":"[^"]+","signature":"[^"]{20,}"\}\}\}/ } as const
// Base64 of "thoughts that led to".
const gemini = { speaks: 'gemini', signed: /"thoughtSignature":"dGhvdWdodHMgdGhhdCBsZWQgdG8g/, showsThoughts: true, countsCacheWrites: false, countsThoughts: true, fetchesImages: true } as const

const bedrockSonnet = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

export const providerCases: readonly ProviderCase[] = [
  { ...openai, model: 'by-openai', api: 'openai', upstreamModel: 'gpt-4o' },
  { ...openai, model: 'by-azure', api: 'azure-openai', upstreamModel: 'gpt-4o' },
  { ...anthropic, model: 'by-anthropic', api: 'anthropic', upstreamModel: 'claude-sonnet-4-5' },
  { ...anthropic, model: 'by-anthropic-adaptive', api: 'anthropic', upstreamModel: 'claude-sonnet-5' },
  { ...anthropic, model: 'by-bedrock-claude', api: 'aws-bedrock-claude', upstreamModel: bedrockSonnet },
  { ...anthropic, model: 'by-vertex-claude', api: 'gcp-vertex-claude', upstreamModel: 'claude-sonnet-4-5@20250929' },
  { ...thinkingConverse, model: 'by-converse-claude', api: 'aws-bedrock', upstreamModel: bedrockSonnet },
  { ...thinkingConverse, model: 'by-converse-adaptive', api: 'aws-bedrock', upstreamModel: 'global.anthropic.claude-sonnet-5' },
  { ...converse, model: 'by-converse-nova', api: 'aws-bedrock', upstreamModel: 'us.amazon.nova-pro-v1:0' },
  { ...gemini, model: 'by-gemini-2', api: 'google-ai-studio', upstreamModel: 'gemini-2.5-flash' },
  { ...gemini, model: 'by-gemini-3', api: 'google-ai-studio', upstreamModel: 'gemini-3-pro-preview' },
  { ...gemini, model: 'by-vertex-2', api: 'gcp-vertex', upstreamModel: 'gemini-2.5-flash' },
  { ...gemini, model: 'by-vertex-3', api: 'gcp-vertex', upstreamModel: 'gemini-3-pro-preview' },
]

const withKey = 'credential: {env: MATRIX_KEY}'
/** What stands in tollgate.yaml beside `api` and `url`. */
const settings: Readonly<Partial<Record<MockApi, string>>> = {
  'aws-bedrock': 'region: eu-central-1, credential: {aws: default}',
  'aws-bedrock-claude': 'region: us-east-1',
  'gcp-vertex': `project: matrix-project, location: europe-west1, ${withKey}`,
  'gcp-vertex-claude': `project: matrix-project, location: us-east5, ${withKey}`,
}
const environment = { MATRIX_KEY: 'matrix-key', AWS_ACCESS_KEY_ID: mockAwsKey.accessKeyId, AWS_SECRET_ACCESS_KEY: mockAwsKey.secretAccessKey }

export interface EveryProvider {
  readonly gateway: Gateway
  /** What the provider of this case was sent last. */
  lastRequest(of: ProviderCase): RecordedRequest
  stop(): Promise<void>
}

export async function startEveryProvider(): Promise<EveryProvider> {
  const cleanup = createCleanup()
  try {
    const apis = [...new Set(providerCases.map(({ api }) => api))]
    const mocks = new Map<MockApi, MockProvider>()
    for (const api of apis) mocks.set(api, cleanup.defer(await startMockProvider({ api, address: '127.0.0.1:0', apiKey: 'matrix-key' }), (each) => each.close()))
    const yaml = [
      'providers:',
      ...apis.map((api) => `  ${api}: {api: ${api}, url: "http://127.0.0.1:${mocks.get(api)?.port}", ${settings[api] ?? withKey}}`),
      'models:',
      ...providerCases.map(({ model, api, upstreamModel }) => `  ${model}: {providers: [{use: ${api}, model: "${upstreamModel}"}]}`),
    ].join('\n')
    const gateway = cleanup.defer(await startGateway({ yaml, environment }), (each) => each.stop())
    return {
      gateway,
      lastRequest({ api }) {
        const request = mocks.get(api)?.requests().at(-1)
        if (request === undefined) throw new Error(`the mock of ${api} was asked nothing`)
        return request
      },
      stop: () => cleanup.run(),
    }
  } catch (error) {
    await cleanup.run()
    throw error
  }
}

/** Counts that no mock comes to by itself, each another. */
export const counts = { input: 1_000, cached: 600, cacheWrites: 50, output: 70, reasoning: 30 } as const

/** Tells a mock to serve them. */
export const countHeaders: Readonly<Record<string, string>> = {
  'x-mock-input-tokens': String(counts.input),
  'x-mock-cached-tokens': String(counts.cached),
  'x-mock-cache-creation-tokens': String(counts.cacheWrites),
  'x-mock-output-tokens': String(counts.output),
  'x-mock-reasoning-tokens': String(counts.reasoning),
}

/** Has a mock cut its stream in the middle. */
const cutHeaders: Readonly<Record<string, string>> = { 'x-mock-chunks': '6', 'x-mock-chunk-delay-ms': '20', 'x-mock-cut-after-chunks': '3' }

/** Whoever answers, a client throws when its stream is cut. `read` streams one answer with these headers to its end, and lets its text be heard. */
export async function expectCutsToThrow(read: (of: ProviderCase, headers: Readonly<Record<string, string>>, hear: (text: string) => void) => Promise<unknown>): Promise<void> {
  // Where the end overtakes the beginning, it is an error without a stream.
  const seeCut = (of: ProviderCase) =>
    until(`a stream of ${of.model} is cut behind its first words`, async () => {
      let heard = ''
      await assert.rejects(read(of, cutHeaders, (text) => (heard += text)), Error)
      return heard.startsWith('You said')
    })
  await Promise.all(providerCases.map(seeCut))
}

/** What an error says that a mock was told to answer with. */
export function failureMessage(status: number): RegExp {
  return status === 429 ? /Rate limit reached/ : /The mock was told to fail/
}

/** A red dot. */
export const pngBase64 = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='

/** The beginning of a PDF: no mock reads on. */
export const pdfBase64 = Buffer.from('%PDF-1.7\n%%EOF\n').toString('base64')
