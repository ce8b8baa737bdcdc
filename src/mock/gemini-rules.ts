// What Gemini refuses although every field is right: turns out of order, calls without their signature, settings that the model does not have.
// Sources: ai.google.dev, "Function calling", "Thought signatures", "Gemini thinking"; the messages are those that the API answers with.

import type { Content, GenerateRequest } from './gemini-schema.ts'

/** Google's way to say that a call was made by another model. */
const skipSignature = 'skip_thought_signature_validator'

/** 2.5 for `gemini-2.5-pro`; undefined for other names. */
export function generationOf(model: string): number | undefined {
  const named = /gemini-(\d+(?:\.\d+)?)/.exec(model)?.[1]
  return named === undefined ? undefined : Number(named)
}

/** The signature with which the mock signs a call of this function. */
export function signatureFor(name: string): string {
  return Buffer.from(`thoughts that led to ${name}`).toString('base64')
}

/** The message of the 400, or undefined. `hasCallIds`: the surface knows ids of calls. */
export function ruleFault(request: GenerateRequest, model: string, hasCallIds: boolean): string | undefined {
  return turnFault(request.contents, hasCallIds) ?? signatureFault(request.contents, generationOf(model)) ?? toolFault(request, model) ?? thinkingFault(request, model)
}

function callsOf(content: Content | undefined): readonly { readonly name: string; readonly id?: string | undefined }[] {
  return content?.parts.flatMap((part) => part.functionCall ?? []) ?? []
}

function responsesOf(content: Content | undefined): readonly { readonly name: string; readonly id?: string | undefined }[] {
  return content?.parts.flatMap((part) => part.functionResponse ?? []) ?? []
}

function turnFault(contents: readonly Content[], hasCallIds: boolean): string | undefined {
  for (const [index, content] of contents.entries()) {
    const calls = callsOf(content)
    const responses = responsesOf(content)
    if (!hasCallIds && [...calls, ...responses].some((each) => each.id !== undefined)) return `Invalid JSON payload received. Unknown name "id" at 'contents[${index}].parts': Cannot find field.`
    if (calls.length > 0) {
      if (content.role !== 'model') return 'Please ensure that function call parts have the role model.'
      if (index === 0 || contents[index - 1]?.role === 'model') return 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.'
      const answers = responsesOf(contents[index + 1])
      if (answers.length !== calls.length) return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.'
      const isAnswered = calls.every((call, at) => answers[at]?.name === call.name && answers[at].id === call.id)
      if (!isAnswered) return 'Please ensure that function response parts match the function call parts of the function call turn.'
    }
    if (responses.length > 0 && callsOf(contents[index - 1]).length === 0) return 'Please ensure that function response turn comes immediately after a function call turn.'
  }
  return undefined
}

// From generation 3 on the first call of every step since the user last spoke must be signed; before, what comes back must be right.
function signatureFault(contents: readonly Content[], generation: number | undefined): string | undefined {
  const spoke = contents.findLastIndex((content) => content.role !== 'model' && responsesOf(content).length === 0)
  for (const [index, content] of contents.entries()) {
    for (const [position, part] of content.parts.filter((each) => each.functionCall !== undefined).entries()) {
      const name = part.functionCall?.name ?? ''
      const isSigned = part.thoughtSignature !== undefined
      if (isSigned && part.thoughtSignature !== signatureFor(name) && part.thoughtSignature !== skipSignature) return 'Corrupted thought signature.'
      // The mock's own ids say whether it signed: a call must not come back with less than it had.
      const isDue = (generation ?? 0) >= 3 && index > spoke && position === 0
      if (!isSigned && (isDue || part.functionCall?.id?.startsWith('signed_') === true)) {
        return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. Additional data, function call \`${name}\`, position ${index + 1}.`
      }
    }
  }
  return undefined
}

function toolFault({ tools, toolConfig, generationConfig }: GenerateRequest, model: string): string | undefined {
  const names = (tools ?? []).flatMap((tool) => tool.functionDeclarations?.map((each) => each.name) ?? [])
  if (new Set(names).size !== names.length) return 'Duplicate function declaration found.'
  const choice = toolConfig?.functionCallingConfig
  if (choice?.allowedFunctionNames !== undefined) {
    if (choice.mode !== 'ANY' && choice.mode !== 'VALIDATED') return 'Allowed function names can only be set when function calling mode is ANY.'
    if (!choice.allowedFunctionNames.every((name) => names.includes(name))) return 'Allowed function names should be a subset of the function declarations.'
  }
  const isJson = generationConfig?.responseMimeType === 'application/json'
  const schema = generationConfig?.responseSchema ?? generationConfig?.responseJsonSchema
  if (schema !== undefined && !isJson) return "Response schema requires the response mime type 'application/json'."
  if (isJson && names.length > 0 && (generationOf(model) ?? 3) < 3) return "Function calling with a response mime type: 'application/json' is unsupported"
  return undefined
}

function thinkingFault({ generationConfig }: GenerateRequest, model: string): string | undefined {
  const thinking = generationConfig?.thinkingConfig
  const generation = generationOf(model)
  if (thinking === undefined || generation === undefined) return undefined
  const { thinkingBudget: budget, thinkingLevel: level } = thinking
  if (generation < 2.5) return 'Thinking is not enabled for this model.'
  if (budget !== undefined && level !== undefined) return 'You can only set only one of thinking budget and thinking level.'
  if (level !== undefined && generation < 3) return 'Thinking level is not supported for this model.'
  if (level === 'MINIMAL' && model.includes('-pro')) return 'Thinking level MINIMAL is not supported for this model.'
  if (budget === undefined || budget === -1) return undefined
  if (budget === 0 && model.includes('-pro')) return 'Budget 0 is invalid. This model only works in thinking mode.'
  const [least, most] = model.includes('-pro') ? [128, 32_768] : model.includes('-lite') ? [512, 24_576] : [0, 24_576]
  return budget !== 0 && (budget < least || budget > most) ? `The thinking budget ${budget} is invalid. Please choose a value between ${least} and ${most}.` : undefined
}
