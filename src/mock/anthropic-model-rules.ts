// What single generations of Claude refuse although the schema allows it.
// Sources: docs.anthropic.com, "Thinking" (support by model), "Migration guide" of 4.6, 4.7 and 5.5, and the messages of the API's own errors.

import type { MessagesRequest } from './anthropic-messages-schema.ts'

/** Family and version of `claude-opus-4-7` (4.7), `claude-3-5-haiku-…` (3.5); undefined for other names. */
function readName(model: string): { readonly family: string; readonly version: number } | undefined {
  const later = /claude-([a-z]+)-(\d)(?:[-.](\d))?(?!\d)/.exec(model)
  if (later !== null) return { family: later[1] ?? '', version: Number(`${later[2]}.${later[3] ?? 0}`) }
  const early = /claude-(\d)(?:[-.](\d))?-([a-z]+)/.exec(model)
  return early === null ? undefined : { family: early[3] ?? '', version: Number(`${early[1]}.${early[2] ?? 0}`) }
}

/** The message of the 400, or undefined. */
export function checkModelRules(request: MessagesRequest): string | undefined {
  const name = readName(request.model)
  if (name === undefined) return undefined
  return checkThinkingType(request, name) ?? checkSampling(request, name.version) ?? checkForcedCall(request, name) ?? checkLength(request, name.version) ?? checkPrefill(request, name.version)
}

interface Name {
  readonly family: string
  readonly version: number
}

function checkThinkingType({ thinking }: MessagesRequest, { family, version }: Name): string | undefined {
  if (thinking === undefined) return undefined
  const refused = (): string => `"thinking.type.${thinking.type}" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`
  switch (thinking.type) {
    case 'enabled':
      if (version < 3.7) return 'thinking is not supported on this model'
      return version >= 4.7 ? refused() : undefined
    case 'adaptive':
      return version < 4.6 ? 'adaptive thinking is not supported on this model' : undefined
    case 'disabled':
      return thinksAlways({ family, version }) || (family === 'sonnet' && version >= 5.5) ? refused() : undefined
    case 'between_tools':
      return family === 'sonnet' && version >= 5.5 ? undefined : refused()
  }
}

function thinksAlways({ family, version }: Name): boolean {
  return family === 'fable' || family === 'mythos' || (family === 'opus' && version >= 5.5)
}

function checkSampling({ temperature, top_p: topP, top_k: topK }: MessagesRequest, version: number): string | undefined {
  const [hasTemperature, hasTopP, hasTopK] = [(temperature ?? 1) !== 1, (topP ?? 1) !== 1, (topK ?? null) !== null]
  if (version >= 4.7) {
    const refused = hasTemperature ? 'temperature' : hasTopP ? 'top_p' : hasTopK ? 'top_k' : undefined
    return refused === undefined ? undefined : `\`${refused}\` is deprecated for this model.`
  }
  const areBoth = (temperature ?? null) !== null && (topP ?? null) !== null
  return version >= 4.1 && areBoth ? '`temperature` and `top_p` cannot both be specified for this model. Please use only one.' : undefined
}

function checkForcedCall({ tool_choice: choice }: MessagesRequest, name: Name): string | undefined {
  if (choice?.type !== 'any' && choice?.type !== 'tool') return undefined
  const isRefused = thinksAlways(name) || (name.family === 'sonnet' && name.version >= 5.5)
  return isRefused ? `tool_choice: type '${choice.type}' is not supported for this model. Use 'auto' or 'none'.` : undefined
}

function checkLength({ model, max_tokens: asked }: MessagesRequest, version: number): string | undefined {
  const most = version < 3.5 ? 4_096 : version < 3.7 ? 8_192 : version >= 4 && version < 4.5 && model.includes('opus') ? 32_000 : 128_000
  return asked > most ? `max_tokens: ${asked} > ${most}, which is the maximum allowed number of output tokens for ${model}` : undefined
}

function checkPrefill({ messages }: MessagesRequest, version: number): string | undefined {
  const isPrefilled = version >= 4.6 && messages.at(-1)?.role === 'assistant'
  return isPrefilled ? 'This model does not support assistant message prefill. The conversation must end with a user message.' : undefined
}
