// The parameters of a request, one by one: which are left out and named to the client, and which would change the answer.

import type { JsonObject, JsonValue } from './conversation.ts'

/** `honoured`: what every other API does anyhow. A list: what of it was left out. */
export type Verdict = 'honoured' | 'dropped' | readonly string[]

/** Throws when the value is wrong, or would change the answer. `value` is neither null nor undefined. */
export type Judge = (value: JsonValue, param: string) => Verdict

/** Unknown names that are told to the client; a request can hold thousands. */
const mostUnknownNames = 16
/** What may stand in a header. */
const plainName = /^[\w.-]{1,64}$/

/** The names of what was left out. `read`: names that are read elsewhere. Throws what a judge throws. */
export function judgeAll(body: JsonObject, judges: ReadonlyMap<string, Judge>, read: ReadonlySet<string>): string[] {
  const dropped: string[] = []
  let unknownNames = 0
  for (const name in body) {
    const value = body[name]
    if (value === undefined || value === null) continue
    const judge = judges.get(name)
    if (judge !== undefined) {
      const verdict = judge(value, name)
      if (verdict !== 'honoured') dropped.push(...(verdict === 'dropped' ? [name] : verdict))
    } else if (!read.has(name) && unknownNames < mostUnknownNames && plainName.test(name)) {
      unknownNames += 1
      dropped.push(name)
    }
  }
  return dropped
}
