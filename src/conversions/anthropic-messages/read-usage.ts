// The counts of a stream, which come in parts: the input with message_start, the output with message_delta.

import type { RawUsage } from '../../core/usage.ts'
import { convertAnthropicUsage } from '../../core/usage-fields.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'

const inputFields = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens']
/** What goes with them, an object that says nothing alone. */
const inputDetails = ['cache_creation']
const outputFields = ['output_tokens', 'output_tokens_details', 'server_tool_use']

export class StreamUsage {
  #known: Record<string, JsonValue> = {}

  /**
   * All that is known after these counts, which are cumulative. Imitators fill the input side with zeros where they do not report it: zeros
   * alone replace nothing. The output of message_start is that of the first tokens and says nothing.
   */
  add(fields: JsonObject, isStart: boolean): RawUsage | undefined {
    const saysInput = this.#known['input_tokens'] === undefined || inputFields.some((name) => isSaid(fields[name]) && fields[name] !== 0)
    if (saysInput) this.#take(fields, [...inputFields, ...inputDetails])
    if (!isStart) this.#take(fields, outputFields)
    return convertAnthropicUsage(this.#known)
  }

  #take(fields: JsonObject, names: readonly string[]): void {
    for (const name of names) {
      const value = fields[name]
      if (isSaid(value)) this.#known[name] = value
    }
  }
}

function isSaid(value: JsonValue | undefined): value is Exclude<JsonValue, null> {
  return value !== undefined && value !== null
}
