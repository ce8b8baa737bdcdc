// What may stand in a request whose input is bounded by its own bytes. Lists of what is allowed, since a list of what is not would have to
// know every provider's next feature. Names are compared as written, so another case or an escape is another name, and not on a list.

import type { FormatName } from './format.ts'

/**
 * `plain`: any value; says how to answer, or is text at most as long as its bytes. `scalar`: the same, but neither list nor object.
 * `content`: looked into. `schema`: JSON that a server may write anew for its model. `tools`: a list of them. `remembered`: stands for
 * input that the provider has kept. Members that are null are passed over, whatever their name.
 */
export type TopMember = 'plain' | 'scalar' | 'content' | 'schema' | 'tools' | 'remembered'

/** `type`: must be one of the listed types. `schema`: as above. */
export type ContentMember = 'plain' | 'scalar' | 'content' | 'schema' | 'type'

export interface BoundedMembers {
  readonly top: ReadonlyMap<string, TopMember>
  /** Of objects within `content`, at any depth. */
  readonly content: ReadonlyMap<string, ContentMember>
  readonly contentTypes: ReadonlySet<string>
  /** Members of a tool that the client runs; all are plain but `type`. */
  readonly tool: ReadonlySet<string>
  readonly toolTypes: ReadonlySet<string>
  /** Of tools that the client runs and the provider describes, so that their bytes say nothing: `"type": "…"`. Undefined: there are none. */
  readonly describedTools: RegExp | undefined
}

const sampling =
  'temperature top_p top_k top_a min_p seed stop presence_penalty frequency_penalty repetition_penalty logit_bias logprobs stop_token_ids ignore_eos min_tokens skip_special_tokens'
const bookkeeping = 'user metadata store service_tier safety_identifier prompt_cache_key prompt_cache_retention'
/** vLLM, SGLang: how the output is decoded, which the model is not told. */
const decoding = 'guided_json guided_regex guided_choice guided_grammar structured_outputs'

const chat: BoundedMembers = {
  top: members(
    ['plain', `model stream stream_options max_tokens max_completion_tokens n top_logprobs tool_choice function_call parallel_tool_calls reasoning_effort verbosity thinking reasoning include_reasoning reasoning_format usage modalities audio random_seed ${sampling} ${bookkeeping} ${decoding}`],
    ['content', 'messages'],
    ['schema', 'response_format chat_template_kwargs'],
    ['tools', 'tools functions'],
  ),
  content: members(
    ['scalar', 'role text name refusal tool_call_id reasoning_content reasoning prefix partial'],
    ['content', 'content'],
    ['type', 'type'],
    ['plain', 'cache_control annotations'],
    ['schema', 'tool_calls function_call'],
  ),
  contentTypes: words('text refusal'),
  tool: words('function custom name description parameters strict cache_control'),
  toolTypes: words('function custom'),
  describedTools: undefined,
}

const none: Omit<BoundedMembers, 'top'> = { content: new Map(), contentTypes: new Set(), tool: new Set(), toolTypes: new Set(), describedTools: undefined }

const completions: BoundedMembers = {
  ...none,
  top: members(['plain', `model stream stream_options max_tokens n best_of echo ${sampling} ${bookkeeping} ${decoding}`], ['scalar', 'suffix'], ['content', 'prompt']),
}

// A stored prompt (`prompt`) is not here: it may bring tools that run at the provider. Nor is `id` in an item: without more it stands for a stored one.
const responses: BoundedMembers = {
  top: members(
    ['plain', `model stream stream_options max_output_tokens max_tool_calls tool_choice parallel_tool_calls reasoning include truncation background top_logprobs ${sampling} ${bookkeeping}`],
    ['content', 'input instructions'],
    ['schema', 'text'],
    ['tools', 'tools'],
    ['remembered', 'previous_response_id conversation'],
  ),
  content: members(
    ['scalar', 'role text refusal name status call_id phase'],
    ['content', 'content output'],
    ['type', 'type'],
    ['plain', 'annotations logprobs'],
    ['schema', 'arguments input'],
  ),
  contentTypes: words('message input_text output_text text refusal function_call function_call_output custom_tool_call custom_tool_call_output'),
  tool: words('name description parameters strict format'),
  toolTypes: words('function custom'),
  describedTools: undefined,
}

// Thoughts are not here: what a client gets is a summary, and their signature holds more than its bytes say. Nor are documents and pictures.
const messages: BoundedMembers = {
  top: members(
    ['plain', 'model max_tokens stop_sequences stream temperature top_p top_k metadata tool_choice thinking service_tier cache_control'],
    ['content', 'messages system'],
    ['schema', 'output_config output_format'],
    ['tools', 'tools'],
  ),
  content: members(['scalar', 'role text id name tool_use_id is_error'], ['content', 'content'], ['type', 'type'], ['plain', 'cache_control'], ['schema', 'input']),
  contentTypes: words('text tool_use tool_result'),
  tool: words('name description input_schema input_examples strict cache_control eager_input_streaming'),
  toolTypes: words('custom'),
  describedTools: /^"type": "(?:bash|text_editor|memory|computer)_[0-9]{8}"$/,
}

const embeddings: BoundedMembers = { ...none, top: members(['plain', 'model encoding_format dimensions user'], ['content', 'input']) }

const images: BoundedMembers = {
  ...none,
  top: members(
    ['plain', 'model n size quality style response_format background output_format output_compression moderation user stream'],
    ['scalar', 'prompt'],
  ),
}

const speech: BoundedMembers = { ...none, top: members(['plain', 'model voice response_format speed stream_format'], ['scalar', 'input instructions']) }

const rerank: BoundedMembers = {
  ...none,
  top: members(['plain', 'model top_n return_documents max_tokens_per_doc'], ['scalar', 'query'], ['content', 'documents']),
  content: members(['scalar', 'text']),
}

/** Of the formats whose bodies are JSON and that cost something. */
export const boundedMembers: ReadonlyMap<FormatName, BoundedMembers> = new Map([
  ['openai-chat', chat],
  ['openai-completions', completions],
  ['openai-responses', responses],
  ['anthropic-messages', messages],
  ['openai-embeddings', embeddings],
  ['openai-images', images],
  ['openai-speech', speech],
  ['cohere-rerank', rerank],
])

function members<Kind extends string>(...lists: readonly (readonly [Kind, string])[]): ReadonlyMap<string, Kind> {
  return new Map(lists.flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind] as const)))
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}
