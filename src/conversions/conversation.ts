// A chat request in no provider's words: what every client dialect is read into, and every provider dialect is written from.
// Lossless for what at least two dialects can say; what only one can say is `dropped` or refused by the reader (docs/conversions.md).

/** Where the bytes of a picture, a document or a recording are. */
export type MediaSource =
  | { readonly kind: 'url'; readonly url: string }
  /** `data` is base64. */
  | { readonly kind: 'data'; readonly mediaType: string; readonly data: string }

/** A mark behind which a provider may keep its prompt cache. */
export interface CacheMark {
  /** Undefined: the provider's default. */
  readonly ttl: '5m' | '1h' | undefined
}

export interface TextPart {
  readonly kind: 'text'
  readonly text: string
  readonly cache?: CacheMark
}

export interface ImagePart {
  readonly kind: 'image'
  readonly source: MediaSource
  /** OpenAI's `detail`. */
  readonly detail?: string
  readonly cache?: CacheMark
}

export interface DocumentPart {
  readonly kind: 'document'
  /** `text`: a document that is plain text. */
  readonly source: MediaSource | { readonly kind: 'text'; readonly text: string }
  readonly name?: string
  readonly cache?: CacheMark
}

export interface AudioPart {
  readonly kind: 'audio'
  readonly source: MediaSource
  readonly cache?: CacheMark
}

/** A function that the model wants called. */
export interface ToolCallPart {
  readonly kind: 'tool_call'
  readonly id: string
  readonly name: string
  /** JSON text, as the model wrote it; '' stands for no arguments. */
  readonly arguments: string
  /** What the provider wants back with this call (Gemini's thought signature). */
  readonly signature?: string
  readonly cache?: CacheMark
}

/** What a function gave. Only in user messages. */
export interface ToolResultPart {
  readonly kind: 'tool_result'
  readonly callId: string
  /** The function's name, where the client's dialect repeats it or the call is found in the conversation. */
  readonly name: string | undefined
  readonly parts: readonly (TextPart | ImagePart | DocumentPart)[]
  readonly isError: boolean
  readonly cache?: CacheMark
}

/** What the model thought. A provider that signs its thoughts wants them back, unchanged, while it waits for tool results. */
export interface ReasoningPart {
  readonly kind: 'reasoning'
  /** '' when the provider hides it. */
  readonly text: string
  readonly signature?: string
  /** Encrypted thoughts (Anthropic's redacted_thinking, Bedrock's redactedContent, base64). */
  readonly redacted?: string
}

export interface RefusalPart {
  readonly kind: 'refusal'
  readonly text: string
}

export type UserPart = TextPart | ImagePart | DocumentPart | AudioPart | ToolResultPart
export type AssistantPart = TextPart | ImagePart | ToolCallPart | ReasoningPart | RefusalPart

export type Message =
  | { readonly role: 'user'; readonly parts: readonly UserPart[] }
  | { readonly role: 'assistant'; readonly parts: readonly AssistantPart[] }

export interface Tool {
  readonly name: string
  readonly description: string | undefined
  /** JSON Schema of the arguments; undefined: an object without properties. */
  readonly parameters: JsonObject | undefined
  readonly strict: boolean | undefined
  readonly cache?: CacheMark
}

export type ToolChoice = { readonly kind: 'auto' } | { readonly kind: 'none' } | { readonly kind: 'any' } | { readonly kind: 'tool'; readonly name: string }

export type OutputFormat =
  /** Any JSON object. */
  | { readonly kind: 'json' }
  | { readonly kind: 'schema'; readonly name: string; readonly description: string | undefined; readonly schema: JsonObject; readonly strict: boolean | undefined }

/** From none to most. */
export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
export type Effort = (typeof efforts)[number]

/** How much the model shall think. Each dialect says one of the two; reasoning.ts translates. */
export interface Reasoning {
  readonly effort: Effort | undefined
  /** Tokens for thinking; 0 switches it off. */
  readonly budgetTokens: number | undefined
  /** The client wants to read the thoughts, or a summary of them. */
  readonly visible: boolean
}

export interface Conversation {
  /** System and developer messages, in order. */
  readonly system: readonly TextPart[]
  /** Neighbours of the same role are merged; never empty after a reader that checks. */
  readonly messages: readonly Message[]
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice | undefined
  /** False: at most one call per answer. */
  readonly parallelToolCalls: boolean | undefined
  /** Undefined: free text. */
  readonly output: OutputFormat | undefined
  readonly maxOutputTokens: number | undefined
  readonly temperature: number | undefined
  readonly topP: number | undefined
  readonly topK: number | undefined
  readonly presencePenalty: number | undefined
  readonly frequencyPenalty: number | undefined
  readonly seed: number | undefined
  readonly stop: readonly string[]
  readonly reasoning: Reasoning | undefined
  /** The end user, as the client names it (`user`, `metadata.user_id`, `safety_identifier`). */
  readonly user: string | undefined
  /** OpenAI's `metadata`. */
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly stream: boolean
  /** Parameters that the reader knows and no other dialect has: named to the client, changing nothing that matters. Client's names. */
  readonly dropped: readonly string[]
}

export interface JsonObject {
  readonly [member: string]: JsonValue
}
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
