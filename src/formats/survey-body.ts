// Whether the input of a request is bounded by the bytes of its body, found by walking over it: everything in it must be on a list
// (bounded-members.ts). What occurs twice is looked at twice, so it does not matter which of the two a provider reads.

import { scanTopLevel } from '../core/json-scan.ts'
import { isStringAt, JsonWalker } from '../core/json-walk.ts'
import { memoize } from '../core/memoize.ts'
import type { BoundedMembers, ContentMember } from './bounded-members.ts'

export interface BodySurvey {
  /** What stands for more input than its bytes say, as it is called in the body, in quotes; undefined: nothing. It fits into one context window. */
  readonly hidden: string | undefined
  /** What may make the provider do more than answer once, or what we do not know; undefined: nothing. */
  readonly unbounded: string | undefined
  /** Bytes of JSON within the body that a server may write anew for its model, with other spaces. */
  readonly schemaBytes: number
  /** There are tools, or a schema for the answer: a provider adds instructions of its own. */
  readonly isInstructed: boolean
  /** Elements of the lists of the top level that are content: prompts or documents that are answered one by one. Numbers are tokens of one text. At least 1. */
  readonly texts: number
}

/** Names are quoted in messages to the client; longer ones are cut. */
const MAX_NAME_BYTES = 64

const QUOTE = 0x22
const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b
const LOWER_N = 0x6e

/** `body` must be one JSON object. Throws TollgateError `malformed_request` when it is not. */
export function surveyBody(body: Buffer, members: BoundedMembers): BodySurvey {
  return new Survey(body, members).survey()
}

class Survey {
  readonly #body: Buffer
  readonly #members: BoundedMembers
  readonly #contentNames: NamesByLength
  readonly #walker = new JsonWalker()
  #hidden: string | undefined
  #unbounded: string | undefined
  #schemaBytes = 0
  #isInstructed = false
  #texts = 0

  constructor(body: Buffer, members: BoundedMembers) {
    this.#body = body
    this.#members = members
    this.#contentNames = namesByLength(members)
  }

  survey(): BodySurvey {
    for (const { key, valueStart, valueEnd } of scanTopLevel(this.#body).members) {
      if (this.#body[valueStart] !== LOWER_N) this.#topMember(key, valueStart, valueEnd)
    }
    return { hidden: this.#hidden, unbounded: this.#unbounded, schemaBytes: this.#schemaBytes, isInstructed: this.#isInstructed, texts: Math.max(1, this.#texts) }
  }

  #topMember(key: string, valueStart: number, valueEnd: number): void {
    const kind = this.#members.top.get(key)
    this.#walker.resume(this.#body, valueStart)
    switch (kind) {
      case 'plain':
        return
      case 'scalar':
        if (this.#isContainer()) this.#unbounded ??= quote(key)
        return
      case 'content':
        this.#topContent()
        return
      case 'schema':
        this.#isInstructed = true
        this.#schemaBytes += valueEnd - valueStart
        return
      case 'tools':
        this.#tools(valueStart, valueEnd)
        return
      case 'remembered':
        this.#hidden ??= quote(key)
        return
      case undefined:
        this.#unbounded ??= quote(key.slice(0, MAX_NAME_BYTES))
    }
  }

  // Every method below starts on the first byte of a value and ends behind it.

  #topContent(): void {
    const walker = this.#walker
    if (this.#body[walker.at] !== OPEN_BRACKET) {
      this.#texts += 1
      this.#content()
      return
    }
    walker.startArray(this.#body, walker.at)
    while (walker.nextElement()) {
      const first = this.#body[walker.at]
      if (first === QUOTE || first === OPEN_BRACE || first === OPEN_BRACKET) this.#texts += 1
      this.#content()
    }
  }

  #content(): void {
    const walker = this.#walker
    const first = this.#body[walker.at]
    if (first === OPEN_BRACKET) {
      walker.startArray(this.#body, walker.at)
      while (walker.nextElement()) this.#content()
    } else if (first === OPEN_BRACE) {
      walker.start(this.#body, walker.at)
      while (walker.nextMember()) this.#contentMember()
    } else walker.skipValue()
  }

  #contentMember(): void {
    const walker = this.#walker
    const start = walker.at
    const kind = this.#contentKind()
    if (kind === 'content') {
      this.#content()
      return
    }
    const isContainer = this.#isContainer()
    if (this.#body[start] === LOWER_N || kind === 'plain') walker.skipValue()
    else if (kind === 'type') {
      if (!this.#isListed(start, this.#members.contentTypes)) this.#hidden ??= this.#typeAt(start)
      walker.skipValue()
    } else if (kind === 'schema') {
      walker.skipValue()
      this.#schemaBytes += walker.at - start
    } else {
      if (kind === undefined || isContainer) this.#hidden ??= quote(walker.key(MAX_NAME_BYTES))
      walker.skipValue()
    }
  }

  /** Compared byte by byte: making a text of every name takes several times as long as all the rest. */
  #contentKind(): ContentMember | undefined {
    const entries = this.#contentNames[this.#walker.keyLength]
    return entries?.find(([name]) => this.#walker.keyIs(name))?.[1]
  }

  #isListed(start: number, types: ReadonlySet<string>): boolean {
    for (const type of types) if (isStringAt(this.#body, start, type)) return true
    return false
  }

  #tools(start: number, end: number): void {
    const walker = this.#walker
    this.#schemaBytes += end - start
    if (!walker.startArray(this.#body, start)) {
      this.#unbounded ??= quote('tools')
      return
    }
    while (walker.nextElement()) {
      this.#isInstructed = true
      this.#tool()
    }
  }

  #tool(): void {
    const walker = this.#walker
    if (this.#body[walker.at] !== OPEN_BRACE) {
      this.#unbounded ??= quote('tools')
      walker.skipValue()
      return
    }
    walker.start(this.#body, walker.at)
    while (walker.nextMember()) {
      const name = walker.key(MAX_NAME_BYTES)
      const start = walker.at
      walker.skipValue()
      if (this.#body[start] === LOWER_N || this.#members.tool.has(name)) continue
      if (name === 'type') this.#toolType(start)
      else this.#unbounded ??= `${quote(name)} in a tool`
    }
  }

  #toolType(start: number): void {
    if (this.#isListed(start, this.#members.toolTypes)) return
    const type = this.#typeAt(start)
    if (this.#members.describedTools?.test(type) === true) this.#hidden ??= type
    else this.#unbounded ??= `a tool with ${type}`
  }

  /** As it is written, cut off. */
  #typeAt(start: number): string {
    if (this.#body[start] !== QUOTE) return '"type": that is no text'
    const end = this.#body.indexOf(QUOTE, start + 1)
    return `"type": ${quote(this.#body.toString('utf8', start + 1, Math.min(end, start + 1 + MAX_NAME_BYTES)))}`
  }

  #isContainer(): boolean {
    const first = this.#body[this.#walker.at]
    return first === OPEN_BRACE || first === OPEN_BRACKET
  }
}

type NamesByLength = readonly (readonly (readonly [string, ContentMember])[])[]

const namesByLength = memoize(({ content }: BoundedMembers): NamesByLength => {
  const lists: [string, ContentMember][][] = []
  for (const [name, kind] of content) (lists[name.length] ??= []).push([name, kind])
  return lists
})

function quote(name: string): string {
  return JSON.stringify(name)
}
