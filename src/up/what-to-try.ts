// What `tollgate up` prints when everything runs: where it listens, who is played by a mock, and commands to paste.

import type { ModelConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { providerApis } from '../providers/index.ts'

export interface WhatToTryInput {
  readonly config: RuntimeConfig
  /** Provider name → address of its mock. */
  readonly mocked: ReadonlyMap<string, string>
  readonly admin: string
}

export function whatToTry({ config, mocked, admin }: WhatToTryInput): string {
  const base = `${config.envoy.tls === undefined ? 'http' : 'https'}://${config.envoy.listen.replace(/^0\.0\.0\.0/, '127.0.0.1')}`
  const caller = callerOptions(config)
  const chat = findModel(config, 'openai-chat')
  const messages = findModel(config, 'anthropic-messages')
  const lines = [
    '',
    `Tollgate is up: ${base}/v1 speaks OpenAI and Anthropic. Metrics: http://${admin}/metrics`,
    `Models: ${[...config.models.keys()].join(', ')}`,
    ...[...config.providers.keys()].map((name) => `Provider ${name}: ${mocked.has(name) ? 'played by a mock (its credential is not set)' : 'the real one'}`),
    '',
    'Try:',
    ...(config.callers[0]?.kind === 'api_keys' ? ['  KEY=$(tollgate keys new --user alice)   # with -c as here'] : []),
    ...(chat === undefined ? [] : [`  curl -i ${base}/v1/chat/completions${caller} -d '{"model":"${chat.clientModel}","messages":[{"role":"user","content":"Hello"}]}'`]),
    ...(chat === undefined ? [] : [`  curl -N ${base}/v1/chat/completions${caller} -d '{"model":"${chat.clientModel}","stream":true,"messages":[{"role":"user","content":"Hello"}]}'`]),
    ...(messages === undefined ? [] : [`  curl -i ${base}/v1/messages${caller} -d '{"model":"${messages.clientModel}","max_tokens":100,"messages":[{"role":"user","content":"Hello"}]}'`]),
    `  curl -s ${base}/v1/models${caller}`,
    ...limitLines({ config, mocked, chat, base, caller }),
    ...fallbackLines({ config, mocked, base, caller }),
    '',
    'Ctrl-C stops everything.',
    '',
  ]
  return `${lines.join('\n')}\n`
}

/** A mock serves as many tokens as it is told to, so a limit can be seen at work at once. */
function limitLines({ config, mocked, chat, base, caller }: { config: RuntimeConfig; mocked: ReadonlyMap<string, string>; chat: ModelConfig | undefined; base: string; caller: string }): string[] {
  const provider = chat?.chain[0]?.provider.name
  if (chat === undefined || provider === undefined || !mocked.has(provider) || config.limits.length === 0) return []
  return [
    'See a limit at work: this answer uses 100,000 tokens, so the next one is refused.',
    `  curl -i ${base}/v1/chat/completions${caller} -H 'x-mock-output-tokens: 100000' -d '{"model":"${chat.clientModel}","messages":[{"role":"user","content":"Hello"}]}'`,
  ]
}

/** A mock fails when told to, so that a fallback can be seen while everything runs. */
function fallbackLines({ config, mocked, base, caller }: { config: RuntimeConfig; mocked: ReadonlyMap<string, string>; base: string; caller: string }): string[] {
  for (const { clientModel, chain } of config.models.values()) {
    const [first, second] = chain
    const mock = first === undefined ? undefined : mocked.get(first.provider.name)
    if (first === undefined || second === undefined || mock === undefined) continue
    return [
      `See a fallback at work: let ${first.provider.name} answer 429, ask for ${clientModel}, and ${second.provider.name} answers (x-ai-provider, x-tollgate-attempts). The third line ends it.`,
      `  curl ${mock}/mock/failure -d '{"status":429}'`,
      `  curl -i ${base}/v1/chat/completions${caller} -d '{"model":"${clientModel}","messages":[{"role":"user","content":"Hello"}]}'`,
      `  curl ${mock}/mock/failure -d '{}'`,
    ]
  }
  return []
}

function findModel(config: RuntimeConfig, format: 'openai-chat' | 'anthropic-messages'): ModelConfig | undefined {
  return [...config.models.values()].find((model) => model.chain.slice(0, 1).some((step) => providerApis[step.provider.api].calls.get(format)?.dialect === undefined && providerApis[step.provider.api].calls.has(format)))
}

/** What a curl must say to be somebody: by the first source of callers. */
function callerOptions(config: RuntimeConfig): string {
  const [source] = config.callers
  switch (source?.kind) {
    case undefined:
      return ''
    case 'api_keys':
      return ' -H "authorization: Bearer $KEY"'
    case 'jwt':
      return ' -H "authorization: Bearer $TOKEN"'
    case 'certificate':
      return ' --cert client.crt --key client.key'
    case 'headers': {
      const [header = ''] = source.attributes.values()
      return ` -H '${header}: alice'`
    }
  }
}
