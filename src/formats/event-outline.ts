// What all dialects want to know about one event of a stream, found in one pass over its bytes. No value is built, and the one thing
// that is parsed is a usage object, which most events do not have: reading a chunk costs less than moving it.

import { isObject } from '../core/is-object.ts'
import { JsonWalker } from '../core/json-walk.ts'
import type { SseEvent } from '../core/sse-scan.ts'
import { modelName } from './model-name.ts'
import { countNewTextBytes } from './model-text.ts'

const EMPTY: Buffer = Buffer.alloc(0)
const NOT_SAID = -1
const SPACE = 0x20
const QUOTE = 0x22
const OPEN_BRACE = 0x7b
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

// Without one of these an event neither reports usage nor fails. In text their quotes would be escaped.
const mayMatter = /"(?:usage"\s*:\s*\{|error"\s*:\s*["{])/

/**
 * Reused for all events of a stream: what it says is about the last `read`, except for `model`. Members of the event itself are found
 * exactly as JSON.parse would (the last one of a name counts), unless their names are spelled with escapes.
 */
export class EventOutline {
  /** Bytes of model output in this event, 0 when it carries none. */
  textBytes = 0
  /** The event has an `error` that is an object or a text. */
  hasError = false
  /** `empty` for `[]`, `none` when the member is missing or null. */
  choices: 'none' | 'empty' | 'some' = 'none'
  /** The first model that an event of the stream said has answered. */
  model: string | undefined
  #event: Pick<SseEvent, 'name' | 'data'> = { name: '', data: EMPTY }
  #text = ''
  /** Made of the event when something in it must be walked. */
  #view: Buffer | undefined
  readonly #walker = new JsonWalker()
  #typeStart = NOT_SAID
  #typeEnd = 0
  #usageStart = NOT_SAID
  #usageEnd = 0
  /** Where an object starts that may carry usage and model instead: `response`, `message`, `x_groq`. */
  #innerStart = NOT_SAID

  /** Looks at an event, whose bytes must stay unchanged until the next `read`. `json` is its data, one character for each byte. */
  read(event: Pick<SseEvent, 'name' | 'data'>, json: string): void {
    this.#event = event
    this.#text = json
    this.#view = undefined
    this.hasError = false
    this.#typeStart = this.#usageStart = this.#innerStart = NOT_SAID
    this.textBytes = countNewTextBytes(json)
    if (this.textBytes > 0 && (this.model !== undefined || !json.includes('"model"')) && !mayMatter.test(json)) {
      this.choices = 'some'
      return
    }
    this.choices = 'none'
    const walker = this.#walker
    const data = this.#data
    if (!walker.start(data)) return
    while (walker.nextMember()) this.#readMember(walker, data)
    if (this.#innerStart !== NOT_SAID) this.#readInner(walker, data)
  }

  /** What kind of event it is: its JSON `type`, else its SSE name; '' when it has neither. */
  get type(): string {
    return this.#typeStart === NOT_SAID ? this.#event.name : this.#text.slice(this.#typeStart, this.#typeEnd)
  }

  /** True when the data, which is no JSON then, starts with this ASCII text. */
  startsWith(text: string): boolean {
    return this.#text.startsWith(text)
  }

  /** The usage object, parsed; undefined when there is none, when it is null or when it is not JSON. Text in it is not decoded. */
  get usage(): Readonly<Record<string, unknown>> | undefined {
    return this.#usageStart === NOT_SAID ? undefined : parseObject(this.#data, this.#usageStart, this.#usageEnd)
  }

  get #data(): Buffer {
    return (this.#view ??= this.#event.data ?? EMPTY)
  }

  #readMember(walker: JsonWalker, data: Buffer): void {
    const start = walker.at
    const first = data[start]
    if (walker.keyIs('choices')) {
      if (first === OPEN_BRACKET) this.choices = isEmptyArray(data, start) ? 'empty' : 'some'
      walker.skipValue()
    } else if (walker.keyIs('usage')) {
      walker.skipValue()
      this.#usageStart = first === OPEN_BRACE ? start : NOT_SAID
      this.#usageEnd = walker.at
    } else if (walker.keyIs('model')) {
      walker.skipValue()
      this.model ??= modelName(data, start, walker.at)
    } else if (walker.keyIs('type')) {
      walker.skipValue()
      this.#typeStart = first === QUOTE ? start + 1 : NOT_SAID
      this.#typeEnd = walker.at - 1
    } else if (walker.keyIs('error')) {
      this.hasError = first === OPEN_BRACE || (first === QUOTE && data[start + 1] !== QUOTE)
      walker.skipValue()
    } else {
      if (first === OPEN_BRACE && (walker.keyIs('response') || walker.keyIs('message') || walker.keyIs('x_groq'))) this.#innerStart = start
      walker.skipValue()
    }
  }

  #readInner(walker: JsonWalker, data: Buffer): void {
    const isUsageKnown = this.#usageStart !== NOT_SAID
    walker.start(data, this.#innerStart)
    while (walker.nextMember()) {
      const start = walker.at
      const isUsage = !isUsageKnown && walker.keyIs('usage')
      const isModel = walker.keyIs('model')
      walker.skipValue()
      if (isUsage) {
        this.#usageStart = data[start] === OPEN_BRACE ? start : NOT_SAID
        this.#usageEnd = walker.at
      } else if (isModel) this.model ??= modelName(data, start, walker.at)
    }
  }
}

/** The object whose JSON is the bytes `start` to `end`; undefined when they are something else. */
export function parseObject(bytes: Buffer, start: number, end: number): Readonly<Record<string, unknown>> | undefined {
  try {
    // Only numbers are wanted, and latin1 reads them twice as fast as UTF-8.
    const value: unknown = JSON.parse(bytes.toString('latin1', start, end))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isEmptyArray(bytes: Buffer, start: number): boolean {
  let at = start + 1
  for (let byte = bytes[at]; byte !== undefined && byte <= SPACE; byte = bytes[at]) at += 1
  return bytes[at] === CLOSE_BRACKET
}
