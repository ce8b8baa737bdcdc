// The items of a Responses conversation. Source: platform.openai.com, API reference, "Create a model response", input.

import type { JsonValue } from '../conversation.ts'

/** Items of OpenAI's own tools, of its hidden state and of its own kinds of calls. */
const hostedItems = new Set(
  [
    'file_search_call computer_call computer_call_output web_search_call tool_search_call tool_search_output additional_tools compaction',
    'compaction_trigger image_generation_call code_interpreter_call local_shell_call local_shell_call_output shell_call shell_call_output',
    'apply_patch_call apply_patch_call_output mcp_list_tools mcp_approval_request mcp_approval_response mcp_call custom_tool_call',
    'custom_tool_call_output program program_output',
  ].flatMap((names) => names.split(' ')),
)

/** What an item may have, beside what answers add to it and clients send back knowing no better. */
const members: Readonly<Record<string, ReadonlySet<string>>> = {
  message: new Set(['type', 'id', 'status', 'role', 'content', 'phase']),
  reasoning: new Set(['type', 'id', 'status', 'summary', 'content', 'encrypted_content']),
  function_call: new Set(['type', 'id', 'status', 'call_id', 'name', 'arguments', 'caller', 'created_by', 'parsed_arguments']),
  function_call_output: new Set(['type', 'id', 'status', 'call_id', 'output', 'caller', 'created_by']),
}
const noMembers: ReadonlySet<string> = new Set()

export function isHostedItem(type: JsonValue | undefined): type is string {
  return typeof type === 'string' && hostedItems.has(type)
}

export function membersOf(type: string): ReadonlySet<string> {
  return members[type] ?? noMembers
}
