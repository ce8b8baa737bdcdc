// Who is in the matrix: every client's API with every provider's that it is converted for. A new dialect is a line here.

import { conversionFor } from '../../src/conversions/index.ts'

export interface GoldenClient {
  readonly name: string
  /** How its streams end, when all is well. */
  readonly lastWord: RegExp
  /** How they end when not: what its official SDK throws on. */
  readonly lastError: RegExp
}

export interface GoldenTarget {
  readonly name: string
  readonly dialect: string
  readonly envelope: Parameters<typeof conversionFor>[1]['envelope']
  readonly upstreamModel: string
  /** The folder of its answers; undefined: they are another target's, in an envelope. */
  readonly answers: string | undefined
  /** Clients that speak the same API: their requests are not converted. */
  readonly spokenBy: readonly string[]
}

export const clients: readonly GoldenClient[] = [
  { name: 'openai-chat', lastWord: /data: \[DONE\]\n\n$/, lastError: /data: \{"error":\{.*\}\}\n\n$/ },
  { name: 'anthropic-messages', lastWord: /event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/, lastError: /event: error\ndata: \{"type":"error",.*\}\n\n$/ },
  { name: 'openai-responses', lastWord: /event: response\.(?:completed|incomplete)\ndata: .*\n\n$/, lastError: /event: error\ndata: .*\n\nevent: response\.failed\ndata: .*\n\n$/ },
]

export const targets: readonly GoldenTarget[] = [
  { name: 'openai-chat', dialect: 'openai-chat', envelope: 'none', upstreamModel: 'gpt-4o', answers: 'openai-chat', spokenBy: ['openai-chat'] },
  { name: 'anthropic-messages', dialect: 'anthropic-messages', envelope: 'none', upstreamModel: 'claude-sonnet-4-5', answers: 'anthropic-messages', spokenBy: ['anthropic-messages'] },
  { name: 'vertex-claude', dialect: 'anthropic-messages', envelope: 'vertex-claude', upstreamModel: 'claude-sonnet-4-5', answers: undefined, spokenBy: ['anthropic-messages'] },
  { name: 'gemini', dialect: 'gemini', envelope: 'none', upstreamModel: 'gemini-2.5-flash', answers: 'gemini', spokenBy: [] },
  { name: 'bedrock-converse', dialect: 'bedrock-converse', envelope: 'none', upstreamModel: 'anthropic.claude-sonnet-4-5-20250929-v1:0', answers: 'bedrock-converse', spokenBy: [] },
  { name: 'bedrock-nova', dialect: 'bedrock-converse', envelope: 'none', upstreamModel: 'amazon.nova-pro-v1:0', answers: undefined, spokenBy: [] },
]

export interface GoldenPair {
  /** `<client>-to-<target>`: a folder under expected/. */
  readonly name: string
  readonly client: GoldenClient
  readonly target: GoldenTarget
  readonly conversion: NonNullable<ReturnType<typeof conversionFor>>
}

export const pairs: readonly GoldenPair[] = clients.flatMap((client) =>
  targets
    .filter((target) => !target.spokenBy.includes(client.name))
    .map((target) => {
      const name = `${client.name}-to-${target.name}`
      const conversion = conversionFor(client.name, target)
      if (conversion === undefined) throw new RangeError(`there is no conversion ${name}`)
      return { name, client, target, conversion }
    }),
)
