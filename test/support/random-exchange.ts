// One exchange as chance wants it: what is asked, what comes back, and when the client leaves. Told by itself what it must be charged.

import assert from 'node:assert/strict'
import type { Action } from '../../src/exchange/action.ts'
import { type driveExchange } from './drive-exchange.ts'
import { pickOne } from './random.ts'
import type { Turns } from './turns.ts'

type Driven = ReturnType<typeof driveExchange>

/** What is known about the tokens that an exchange must be charged. */
export type ExpectedCharge =
  /** Exactly these tokens, which a provider told. */
  | { readonly kind: 'exactly'; readonly tokens: number }
  /** Some, by an estimate. */
  | { readonly kind: 'something' }
  | { readonly kind: 'nothing' }
  /** Some, if it was cut; the client left about when it ended. */
  | { readonly kind: 'something_if_cut' }
  /** The client left while the budgets were asked. */
  | { readonly kind: 'anything' }

export const users = ['alice', 'bob', 'carol', 'dave'] as const

const NOTHING: ExpectedCharge = { kind: 'nothing' }
const SOMETHING: ExpectedCharge = { kind: 'something' }
const DETAILS = ['no_healthy_upstream', 'upstream_reset_before_response_started{remote_connection_failure}', 'request_rate_limited', 'route_not_found'] as const
const SERVED_DETAILS = ['upstream_response_timeout', 'upstream_reset_before_response_started{connection_termination}'] as const

export interface Circumstances {
  readonly random: () => number
  readonly turns: Turns
}

/** Resolves when the call is over, as Envoy would end it. */
export async function playRandomExchange(driven: Driven, circumstances: Circumstances): Promise<ExpectedCharge> {
  const player = new Player(driven, circumstances)
  const expected = await player.play()
  driven.exchange.closed()
  return player.left && player.isSent ? { kind: 'something_if_cut' } : expected
}

class Player {
  left = false
  /** To a provider. */
  isSent = false
  readonly #driven: Driven
  readonly #random: () => number
  readonly #turns: Turns

  constructor(driven: Driven, { random, turns }: Circumstances) {
    this.#driven = driven
    this.#random = random
    this.#turns = turns
  }

  async play(): Promise<ExpectedCharge> {
    const stream = this.#chance(0.4)
    const body = {
      model: this.#chance(0.05) ? 'nope' : pickOne(this.#random, ['gpt-4o', 'gpt-4o-mini']),
      messages: [{ role: 'user', content: 'word '.repeat(Math.floor(this.#random() * 20)) }],
      ...(this.#chance(0.8) ? { max_tokens: 1 + Math.floor(this.#random() * 200) } : {}),
      ...(stream ? { stream } : {}),
    }
    const sent = this.#chance(0.02) ? '{"model":' : body
    const asked = await this.#step(() => this.#driven.request({ body: sent, headers: { 'x-user-id': pickOne(this.#random, users) } }))
    if (asked === undefined) return { kind: 'anything' }
    if (asked.kind === 'reply') return NOTHING
    this.isSent = true
    const chance = this.#random()
    if (chance < 0.1) return this.#envoyReply()
    if (chance < 0.2) return this.#providerError()
    return stream ? this.#streamed() : this.#json()
  }

  async #envoyReply(): Promise<ExpectedCharge> {
    const isServed = this.#chance(0.4)
    const codeDetails = pickOne(this.#random, isServed ? SERVED_DETAILS : DETAILS)
    await this.#step(() => this.#driven.answer({ status: 503, codeDetails, endOfStream: true }))
    return isServed ? SOMETHING : NOTHING
  }

  async #providerError(): Promise<ExpectedCharge> {
    await this.#step(() => this.#driven.answer({ status: pickOne(this.#random, [400, 429, 500]) }))
    return NOTHING
  }

  async #json(): Promise<ExpectedCharge> {
    if ((await this.#step(() => this.#driven.answer())) === undefined) return SOMETHING
    const [input, output] = this.#tokens()
    const tells = this.#chance(0.8)
    const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
    const body = { choices: [{ index: 0, message: { role: 'assistant', content: 'hello' } }], ...(tells ? { usage } : {}) }
    const answered = await this.#step(() => this.#driven.body(body))
    if (answered === undefined) return SOMETHING
    return tells ? { kind: 'exactly', tokens: input + output } : SOMETHING
  }

  async #streamed(): Promise<ExpectedCharge> {
    if ((await this.#step(() => this.#driven.answer({ headers: { 'content-type': 'text/event-stream' } }))) === undefined) return SOMETHING
    const [input, output] = this.#tokens()
    const event = 'data: {"choices":[{"index":0,"delta":{"content":"word"}}]}\n\n'
    for (let chunks = Math.floor(this.#random() * 3); chunks > 0; chunks -= 1) {
      if ((await this.#step(() => this.#driven.body(event, false))) === undefined) return SOMETHING
    }
    // The provider breaks off.
    if (this.#chance(0.2)) return SOMETHING
    const usage = `data: {"choices":[],"usage":{"prompt_tokens":${String(input)},"completion_tokens":${String(output)},"total_tokens":${String(input + output)}}}\n\n`
    if ((await this.#step(() => this.#driven.body(`${event}${usage}data: [DONE]\n\n`, true))) === undefined) return SOMETHING
    return { kind: 'exactly', tokens: input + output }
  }

  /** Undefined when the client has left, before the answer, while it was made, or after it. */
  async #step(send: () => Promise<Action>): Promise<Action | undefined> {
    const leaves = this.#chance(0.08) ? pickOne(this.#random, ['before', 'meanwhile', 'after']) : 'stays'
    if (leaves === 'before') return this.#leave()
    const pending = send()
    if (leaves === 'meanwhile') {
      // Later than at once: what it waits for may have come half way.
      if (this.#chance(0.5)) await this.#turns.wait()
      this.#leave()
    }
    const action = await pending
    await this.#turns.wait()
    if (leaves === 'after') return this.#leave()
    return leaves === 'meanwhile' ? undefined : action
  }

  #leave(): undefined {
    assert.equal(this.left, false)
    this.left = true
    this.#driven.exchange.closed()
    return undefined
  }

  #tokens(): readonly [input: number, output: number] {
    return [1 + Math.floor(this.#random() * 50), 1 + Math.floor(this.#random() * 100)]
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }
}
