// The list of API dialects. A new one is a file beside this and a line here.

import { anthropicCountTokens } from './anthropic-count-tokens.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { cohereRerank } from './cohere-rerank.ts'
import type { Format } from './format.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiCompletions } from './openai-completions.ts'
import { openaiEmbeddings } from './openai-embeddings.ts'
import { openaiImageEdits } from './openai-image-edits.ts'
import { openaiImages } from './openai-images.ts'
import { openaiResponses } from './openai-responses.ts'
import { openaiSpeech } from './openai-speech.ts'
import { openaiTranscriptions } from './openai-transcriptions.ts'

export const formats: readonly Format[] = [
  openaiChat,
  openaiCompletions,
  openaiEmbeddings,
  openaiResponses,
  openaiImages,
  openaiImageEdits,
  openaiSpeech,
  openaiTranscriptions,
  cohereRerank,
  anthropicMessages,
  anthropicCountTokens,
]

const formatsByPath: ReadonlyMap<string, Format> = new Map(formats.flatMap((format) => format.paths.map((path) => [path, format] as const)))

/** The dialect spoken at a path (without query). Exact: a trailing slash or another case is another path. */
export function formatForPath(path: string): Format | undefined {
  return formatsByPath.get(path)
}
