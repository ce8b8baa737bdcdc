// Which tools a model is offered, which it must call, and what its text must look like. Models before generation 3 refuse the last together
// with tools ("Function calling with a response mime type: 'application/json' is unsupported"): there the answer itself becomes a tool.

import type { Conversation, OutputFormat, Tool, ToolChoice } from '../conversation.ts'
import { answerTool, refuseAnswerTool } from '../structured-output.ts'
import { signedGeneration } from './model-generation.ts'

export interface OfferedTools {
  readonly tools: readonly Tool[]
  readonly choice: ToolChoice | undefined
  readonly output: OutputFormat | undefined
}

/** Throws TollgateError `unsupported_parameter` for a schema that cannot be the arguments of a tool, and for a tool with our name. */
export function offerTools({ tools, toolChoice, output }: Conversation, generation: number | undefined): OfferedTools {
  if (tools.length === 0) return { tools, choice: undefined, output }
  refuseAnswerTool(tools)
  if (output === undefined || generation === undefined || generation >= signedGeneration) return { tools, choice: toolChoice, output }
  switch (toolChoice?.kind) {
    case 'none':
      return { tools: [], choice: undefined, output }
    case 'any':
    case 'tool':
      // There will be a call and no text.
      return { tools, choice: toolChoice, output: undefined }
    case 'auto':
    case undefined:
      return { tools: [...tools, answerTool(output)], choice: { kind: 'any' }, output: undefined }
  }
}
