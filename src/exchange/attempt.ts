// The attempt stage: one try at one provider. It runs on the provider's cluster, once per attempt, possibly in another process than
// the request stage, so all it knows comes with the message: the host's metadata, the attempt count, and `tollgate.route`.
// Header edits of a failed attempt are still there in this one (Envoy keeps one header map), so every header that any provider owns
// is set or removed here, each time; the body is always the client's, as the request stage left it.

import type { ProviderConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import { memoize } from '../core/memoize.ts'
import type { MessageContext, ProcessingMessage, StructValue } from './messages.ts'
import { formatForPath } from '../formats/index.ts'
import { ownedHeaders } from '../providers/attempt-stage.ts'
import { credentialHeaders, providerApis } from '../providers/index.ts'
import type { Action, HeaderChanges } from './action.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import { errorReply } from './error-reply.ts'
import { PROVIDER_ATTRIBUTE, ATTEMPTS_ATTRIBUTE } from './attributes.ts'
import { ATTEMPT_NAMESPACE, ROUTE_NAMESPACE } from './namespaces.ts'
import type { Stage } from './stage.ts'
import { stripQuery, writeBody, type WrittenBody } from './write-body.ts'

/** What the request stage wrote for every attempt to read. */
interface Route {
  readonly steps: readonly { readonly provider: string; readonly model: string }[]
  readonly path: string
  readonly contentLength: number
}

interface Plan {
  /** From 1. */
  readonly attempt: number
  readonly provider: ProviderConfig
  readonly upstreamModel: string
  readonly route: Route
  readonly headers: Headers
}

export class Attempt implements Stage {
  done = false
  readonly #config: RuntimeConfig
  readonly #dependencies: Pick<ExchangeDependencies, 'credentials'>
  #plan: Plan | undefined

  constructor(dependencies: Pick<ExchangeDependencies, 'config' | 'credentials'>) {
    this.#config = dependencies.config()
    this.#dependencies = dependencies
  }

  receive(message: ProcessingMessage): Action | Promise<Action> {
    switch (message.kind) {
      case 'request_headers':
        this.#plan = readPlan(this.#config, message.headers, message.context)
        // With a body to come, headers and body are answered together.
        if (message.bodyFollows && !message.endOfStream) return { kind: 'pass' }
        this.done = true
        return this.#action(undefined)
      case 'request_body':
        this.done = true
        return this.#action(message.body)
      default:
        throw new TollgateError('internal', `The attempt stage was sent ${message.kind}; it asks for request messages only.`)
    }
  }

  failed(thrown: unknown): Action {
    const error = TollgateError.from(thrown)
    this.done = true
    const style = formatForPath(stripQuery(this.#plan?.route.path ?? ''))?.errorStyle ?? 'openai'
    return errorReply(style, error, 'tollgate_attempt')
  }

  closed(): void {
    this.done = true
  }

  #action(body: Buffer | undefined): Action | Promise<Action> {
    const plan = this.#plan
    if (plan === undefined) throw new TollgateError('internal', 'A body came to the attempt stage without its headers.')
    const { provider, route } = plan
    const written = this.#write(plan, body)
    const path = provider.pathPrefix + written.path
    const authorized = this.#dependencies.credentials.authorize(provider, { method: 'POST', path, body: written.body ?? body ?? Buffer.alloc(0) })
    const length = written.body?.length ?? body?.length ?? route.contentLength
    const send = (credential: Readonly<Record<string, string>> | undefined): Action => ({
      kind: 'pass',
      headers: this.#headers(plan, { ':path': path, 'content-length': String(length) }, credential),
      ...(written.body === undefined ? {} : { body: written.body }),
      ...(written.dropped === undefined ? {} : { metadata: { [ATTEMPT_NAMESPACE]: { provider: provider.name, dropped: written.dropped } } }),
    })
    return authorized instanceof Promise ? authorized.then(send) : send(authorized)
  }

  #write(plan: Plan, body: Buffer | undefined): WrittenBody {
    try {
      return writeBody(plan, body)
    } catch (thrown) {
      const error = TollgateError.from(thrown)
      // The client could have been served by an earlier provider, and may be once that one has recovered: so it is not told to change its request.
      if (plan.attempt === 1 || error.code === 'internal') throw error
      throw new TollgateError('no_provider', `The providers before ${plan.provider.name} failed, and ${plan.provider.name} cannot stand in for them: ${error.message}`, { cause: error })
    }
  }

  #headers({ provider, headers }: Plan, own: Readonly<Record<string, string>>, credential: Readonly<Record<string, string>> | undefined): HeaderChanges {
    if (credential === undefined) throw new TollgateError('no_provider', `The credential of provider ${provider.name} is missing. The operator of this gateway must set it.`)
    const set: Record<string, string> = { ...own }
    for (const [name, value] of providerApis[provider.api].defaultHeaders) if (!headers.has(name)) set[name] = value
    for (const [name, value] of provider.headers) set[name] = value
    Object.assign(set, credential)
    const kept = providerApis[provider.api].defaultHeaders
    const remove = removableHeaders(this.#config).filter((name) => !(name in set) && !kept.has(name) && headers.has(name))
    return { set, remove }
  }
}

/** Every header that belongs to some provider. */
const removableHeaders = memoize((config: RuntimeConfig): readonly string[] =>
  [...new Set([...credentialHeaders, ...ownedHeaders(config), ...Object.values(providerApis).flatMap((api) => [...api.defaultHeaders.keys()])])],
)

function readPlan(config: RuntimeConfig, headers: Headers, context: MessageContext): Plan {
  const route = readRoute(context.metadata(ROUTE_NAMESPACE))
  const name = context.attributes.get(PROVIDER_ATTRIBUTE) ?? ''
  const provider = config.providers.get(name)
  if (provider === undefined) throw new TollgateError('no_provider', `Envoy chose the provider ${JSON.stringify(name)}, which tollgate.yaml does not know.`)
  const attempt = Math.max(Number(context.attributes.get(ATTEMPTS_ATTRIBUTE) ?? 1), 1)
  const planned = route.steps[attempt - 1]
  const step = planned?.provider === name ? planned : route.steps.find((each) => each.provider === name)
  if (step === undefined) throw new TollgateError('no_provider', `Envoy chose the provider ${name}, which is not in the chain of this request.`)
  return { attempt, provider, upstreamModel: step.model, route, headers }
}

function readRoute(metadata: { readonly [key: string]: StructValue } | undefined): Route {
  const steps = metadata?.['steps']
  const path = metadata?.['path']
  const contentLength = metadata?.['content_length']
  if (!Array.isArray(steps) || typeof path !== 'string' || typeof contentLength !== 'number') {
    throw new TollgateError('internal', 'The attempt stage got no tollgate.route metadata: Envoy must forward that namespace (docs/envoy.md).')
  }
  return { steps: steps.map(readStep), path, contentLength }
}

function readStep(value: StructValue): { provider: string; model: string } {
  const { provider, model } = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  if (typeof provider !== 'string' || typeof model !== 'string') throw new TollgateError('internal', 'A step in tollgate.route has no provider or no model.')
  return { provider, model }
}
