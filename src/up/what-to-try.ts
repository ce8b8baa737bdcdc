// What `tollgate up` prints when everything runs: where it listens, who is played by a mock, and commands to paste.

import type { ModelConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { providerApis } from '../providers/index.ts'

export interface WhatToTryInput {
  readonly config: RuntimeConfig
  /** Provider name → address of its mock. */
  readonly mocked: ReadonlyMap<string, string>
  readonly admin: string
  /** How the reader runs another command on this configuration: `node bin/tollgate` and the options that name the file. */
  readonly command: { readonly program: string; readonly options: string }
}

export function whatToTry({ config, mocked, admin, command }: WhatToTryInput): string {
  const base = `${config.envoy.tls === undefined ? 'http' : 'https'}://${config.envoy.listen.replace(/^0\.0\.0\.0/, '127.0.0.1')}`
  const caller = callerOptions(config, 'alice')
  const chat = findModel(config, 'openai-chat')
  const messages = findModel(config, 'anthropic-messages')
  const lines = [
    '',
    `Tollgate is up: ${base}/v1 speaks OpenAI and Anthropic. Metrics: http://${admin}/metrics`,
    ...(config.budgets.length === 0 ? [] : [`Budgets: http://${admin}/`]),
    `Models: ${[...config.models.keys()].join(', ')}`,
    ...[...config.providers.keys()].map((name) => `Provider ${name}: ${mocked.has(name) ? 'played by a mock (no credential is set)' : 'the real one'}`),
    '',
    'Try:',
    ...credentialLines(config, command),
    ...(chat === undefined ? [] : [`  curl -i ${base}/v1/chat/completions${caller} -d '{"model":"${chat.clientModel}","messages":[{"role":"user","content":"Hello"}]}'`]),
    ...(chat === undefined ? [] : [`  curl -N ${base}/v1/chat/completions${caller} -d '{"model":"${chat.clientModel}","stream":true,"messages":[{"role":"user","content":"Hello"}]}'`]),
    ...(messages === undefined ? [] : [`  curl -i ${base}/v1/messages${caller} -d '{"model":"${messages.clientModel}","max_tokens":100,"messages":[{"role":"user","content":"Hello"}]}'`]),
    `  curl -s ${base}/v1/models${caller}`,
    ...fallbackLines({ config, mocked, base, caller }),
    ...limitLines({ config, mocked, chat, base }),
    '',
    'Ctrl-C stops everything.',
    '',
  ]
  return `${lines.join('\n')}\n`
}

/** A mock serves as many tokens as it is told to, so a limit can be seen at work at once. It comes last and, where the caller can be chosen, uses up the limit of somebody else. */
function limitLines({ config, mocked, chat, base }: { config: RuntimeConfig; mocked: ReadonlyMap<string, string>; chat: ModelConfig | undefined; base: string }): string[] {
  const provider = chat?.chain[0]?.provider.name
  if (chat === undefined || provider === undefined || !mocked.has(provider) || config.limits.length === 0) return []
  const request = `${base}/v1/chat/completions${callerOptions(config, 'carol')}`
  const body = `-d '{"model":"${chat.clientModel}","messages":[{"role":"user","content":"Hello"}]}'`
  return [
    'See a limit at work: the first answer uses 100,000 tokens, so the second request is refused where the limit is not higher.',
    `  curl -s -o /dev/null ${request} -H 'x-mock-output-tokens: 100000' ${body}`,
    `  curl -i ${request} ${body}`,
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

/** Where callers have credentials, the variable that the commands below send. */
function credentialLines({ callers: [source] }: RuntimeConfig, { program, options }: WhatToTryInput['command']): string[] {
  if (source?.kind === 'api_keys') return [`  KEY=$(${program} keys new --user alice${options})`]
  if (source?.kind === 'jwt') return [`  TOKEN=…   # a token of ${source.issuer}`]
  return []
}

/** What a curl must say to be somebody: by the first source of callers. */
function callerOptions(config: RuntimeConfig, name: string): string {
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
      return ` -H '${header}: ${name}'`
    }
  }
}
