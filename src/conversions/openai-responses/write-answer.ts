// A whole answer as a response object: texts and refusals in a row are the content of one message, everything else is an item of its own.

import { type Answer, type AnswerPart, unspokenRefusal } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import type { AnswerContext } from '../dialect.ts'
import { callItem, itemId, type ItemStatus, messageContent, messageItem, reasoningItem } from './write-items.ts'
import { incompleteReason, writeResponse } from './write-response.ts'

export function writeAnswer(answer: Answer, context: AnswerContext): JsonObject {
  const { finish, usage } = answer
  const refused = finish === 'refusal' && !answer.parts.some((part) => part.kind === 'refusal')
  const parts: readonly AnswerPart[] = refused ? [...answer.parts, { kind: 'refusal', text: unspokenRefusal }] : answer.parts
  // The last item is the one that was cut.
  const lastStatus = incompleteReason(finish) === undefined ? 'completed' : 'incomplete'
  const groups = groupParts(parts)
  const output = groups.map((group, place) => writeItem(group, place, place === groups.length - 1 ? lastStatus : 'completed', context))
  return writeResponse(answer.id, output, { status: 'finished', reason: finish, usage }, context)
}

type Spoken = Extract<AnswerPart, { kind: 'text' | 'refusal' }>
type Group = Exclude<AnswerPart, Spoken> | { readonly kind: 'message'; readonly parts: Spoken[] }

function groupParts(parts: readonly AnswerPart[]): readonly Group[] {
  const groups: Group[] = []
  for (const part of parts) {
    if (part.kind === 'tool_call' || part.kind === 'reasoning') {
      groups.push(part)
      continue
    }
    const last = groups.at(-1)
    if (last?.kind === 'message') last.parts.push(part)
    else groups.push({ kind: 'message', parts: [part] })
  }
  return groups
}

function writeItem(group: Group, place: number, status: ItemStatus, { exchangeId }: AnswerContext): JsonObject {
  switch (group.kind) {
    case 'message':
      return messageItem(
        itemId('msg', exchangeId, place),
        group.parts.map(({ kind, text }) => messageContent(kind, text)),
        status,
      )
    case 'tool_call':
      return callItem(itemId('fc', exchangeId, place), group, status)
    case 'reasoning':
      return reasoningItem(itemId('rs', exchangeId, place), group)
  }
}
