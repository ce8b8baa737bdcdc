// The shape of tollgate.yaml, field by field. From it come the checks and the published JSON Schema; a test holds docs/configuration.md to it.

import { z } from 'zod'
import { transportNames } from '../core/transport.ts'
import { byteSizeRule, parseByteSize } from './parse-byte-size.ts'
import { durationRule, parseDuration } from './parse-duration.ts'
import { addressRule, parseListenAddress } from './parse-listen-address.ts'
import { coolDownSchema, fallbackSchema, modelFallbackSchema, providerChoiceSchema, stepWeight } from './schema-fallback.ts'
import {
  clusterNodeRule,
  parseClusterNode,
  parseRedisAddress,
  parseSentinelMaster,
  parseStore,
  redisAddressRule,
  sentinelMasterRule,
  storeRule,
} from './parse-store.ts'
import { budgetSchema, webhookSchema } from './schema-budgets.ts'
import { callerSchema, listenerTlsSchema } from './schema-callers.ts'
import { costName, filePath, headerName, headerValue, intoIssue, modelName, parsedText, providerName, routeName } from './schema-names.ts'
import { adminSchema, ledgerSchema, workersSchema } from './schema-operation.ts'
import { pricesSchema } from './schema-prices.ts'
import { providerSchema } from './schema-providers.ts'

/** Longest provider chain: every step may cost a client one more timeout. */
const MAX_CHAIN_STEPS = 5

const duration = parsedText(parseDuration, { allowed: durationRule, pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$' })
const address = parsedText(parseListenAddress, { allowed: addressRule, pattern: '^(unix:.+|.+:[0-9]{1,5})$' })

const stepRule = 'the name of a provider, or {use: provider, model: its name for the model}'
export const stepSchema = z
  .union(
    [
      providerName.describe('Provider that is asked for the model under the same name.'),
      z.strictObject({
        use: providerName.describe('Provider to ask.'),
        model: modelName.optional().describe('The name this provider has for the model. Default: the name clients use.'),
        weight: stepWeight,
      }),
    ],
    { error: stepRule },
  )
  .describe('One step of the chain.')

const tokenCountRule = 'a whole number of tokens from 1 to 1000000000'
const tokenCount = z.int({ error: tokenCountRule }).min(1, { error: tokenCountRule }).max(1_000_000_000, { error: tokenCountRule })

const chainRule = `a list of 1 to ${MAX_CHAIN_STEPS} providers, in the order in which they are tried`
export const modelSchema = z
  .strictObject({
    providers: z
      .array(stepSchema, { error: chainRule })
      .min(1, { error: chainRule })
      .max(MAX_CHAIN_STEPS, { error: chainRule })
      .describe('Who serves the model, in the order in which they are tried: the next one after 429, 5xx, a failed connection or a reset.'),
    fallback: modelFallbackSchema.optional(),
    allow_provider_choice: providerChoiceSchema.optional(),
    downgrade_to: modelName.optional().describe('The model that stands in for it when a budget asks for a cheaper one.'),
    max_output_tokens: tokenCount.optional().describe('Most output tokens that one answer of it can have; budgets with reserve: worst_case need it.'),
    context_tokens: tokenCount.optional().describe('Most tokens that input and output of it can have together.'),
  })
  .describe('A model that clients may ask for.')

export const routeSchema = z
  .strictObject({
    name: routeName.optional().describe('What budgets call it.'),
    when: z
      .strictObject({ headers: z.record(headerName, headerValue).optional().describe('Header → the exact value it must have; all must match.') })
      .optional()
      .describe('The condition. Without it the route always matches.'),
    model: modelName.describe('The model to use, whatever the body says.'),
  })
  .describe('A choice of model by request headers; the first that matches wins.')

const costTypes = ['InputToken', 'CachedInputToken', 'CacheCreationInputToken', 'OutputToken', 'ReasoningToken', 'TotalToken'] as const
const costNameField = costName.describe('How limits refer to it, and its key in the metadata namespace io.envoy.ai_gateway.')
export const costSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ name: costNameField, type: z.enum(costTypes).describe('Which tokens are counted.') }),
    z.strictObject({ name: costNameField, type: z.literal('MicroDollar').describe('What it costs, in millionths of a dollar, rounded up.') }),
    z.strictObject({
      name: costNameField,
      type: z.literal('CEL').describe('Computed by an expression.'),
      cel: z
        .string({ error: 'a CEL expression over model, backend, route_name and the token counts, such as "input_tokens + output_tokens * 4u"' })
        .meta({ description: 'CEL expression; an integer, or a double that is rounded up.', examples: ['input_tokens + output_tokens * 4u'] }),
    }),
  ])
  .describe('A named number computed from the usage of every exchange.')

export const limitSchema = z
  .strictObject({
    file: filePath.describe("Rate limit file in envoyproxy/ratelimit's format; each file has its own domain."),
    cost: costName.default('llm_total_token').describe('The cost that a hit counts.'),
  })
  .describe('A rate limit file and what it counts.')

const redisNode = parsedText(parseClusterNode, { allowed: clusterNodeRule, pattern: '^(rediss?://)?.+:[0-9]{1,5}' })
const clusterRule = 'a list of nodes, each host:port'
const sentinelsRule = 'a list of sentinels, each host:port'
export const storeCaFileSchema = filePath.optional().describe('PEM file with the certificates to trust instead of those of the system; for rediss://.')
export const storeSchema = z
  .union(
    [
      parsedText(parseStore, { allowed: storeRule, pattern: '^(memory$|rediss?://|unix:)' }),
      z.strictObject({
        url: parsedText(parseRedisAddress, { allowed: redisAddressRule, pattern: '^rediss?://' }).describe('A Redis; the spelling that has room for ca_file.'),
        ca_file: storeCaFileSchema,
      }),
      z.strictObject({
        cluster: z.array(redisNode, { error: clusterRule }).min(1, { error: clusterRule }).describe('Seed nodes of a Redis Cluster.'),
        ca_file: storeCaFileSchema,
      }),
      z.strictObject({
        sentinels: z.array(redisNode, { error: sentinelsRule }).min(1, { error: sentinelsRule }).describe('Sentinels that know the master; each host:port, or a URL.'),
        master: parsedText(parseSentinelMaster, { allowed: sentinelMasterRule, pattern: '^(rediss?://.+|[A-Za-z0-9._-]+)$' }).describe(
          'The name of the master, or a URL with the name in place of a host.',
        ),
        ca_file: storeCaFileSchema,
      }),
    ],
    { error: storeRule },
  )
  .describe(
    'Where the counters live: memory (one process), or a Redis (redis://…, rediss://…, unix:/path, {url: …, ca_file: …}, {cluster: [host:port, …]} or {sentinels: [host:port, …], master: name}).',
  )

export const listenSchema = z
  .strictObject({
    extproc: address
      .optional()
      .describe('External processor (gRPC), for Envoy. Default: a unix socket of this configuration under $XDG_RUNTIME_DIR or the temporary folder.'),
    ratelimit: address.prefault('127.0.0.1:8081').describe('Rate limit service (gRPC), for Envoy.'),
    admin: address.prefault('127.0.0.1:9090').describe('Metrics, health, budgets and ledger (HTTP). Beyond loopback and unix sockets only with admin.read_token.'),
    transport: z
      .enum(transportNames, { error: 'grpc-js or direct' })
      .default('grpc-js')
      .describe('What speaks gRPC to Envoy: grpc-js (the library), or direct (our own HTTP/2 on the socket, which takes about half of the CPU; docs/performance.md).'),
  })
  .describe('Where Tollgate itself listens.')

export const envoySchema = z
  .strictObject({
    version: z
      .enum(['1.37', '1.38', '1.39', '1.40'], { error: '"1.37", "1.38", "1.39" or "1.40"' })
      .default('1.40')
      .describe('The Envoy that gets the rendered configuration; decides the form of the provider chain.'),
    listen: address.prefault('127.0.0.1:10000').describe('Where clients connect. 0.0.0.0:10000 serves other machines.'),
    tls: listenerTlsSchema.optional(),
    admin: address.prefault('127.0.0.1:9901').describe("Envoy's own admin interface. Whoever reaches it can stop Envoy."),
    max_body: z
      .union([z.string(), z.number()], { error: byteSizeRule })
      .transform((input, context) => intoIssue(parseByteSize(input), context, input))
      .prefault('50MiB')
      .describe('Largest request body, and largest buffered answer: bytes, or a size such as 50MiB.'),
    message_timeout: duration.prefault('10s').describe('How long Envoy waits for one answer of Tollgate.'),
    stream_idle_timeout: duration.prefault('10m').describe('Longest silence of a stream before Envoy ends it: longer than any model thinks.'),
    connect_timeout: duration.prefault('5s').describe('Time to connect to a provider before the next one is tried.'),
  })
  .describe('Settings of the rendered Envoy configuration.')

export const configSchema = z
  .strictObject(
    {
      providers: z
        .record(providerName, providerSchema, { error: 'a mapping from names to providers' })
        .refine((providers) => Object.keys(providers).length > 0, {
          error: 'at least one provider, such as {openai: {api: openai, credential: {env: OPENAI_API_KEY}}}',
        })
        .describe('Who is called: name → provider.'),
      models: z
        .record(modelName, modelSchema, { error: 'a mapping from names to models' })
        .refine((models) => Object.keys(models).length > 0, { error: 'at least one model, such as {gpt-4o: {providers: [openai]}}' })
        .describe('What clients may ask for: name → who serves it.'),
      fallback: fallbackSchema.prefault({}),
      cool_down: coolDownSchema.prefault({}),
      allow_provider_choice: providerChoiceSchema.default(false),
      default_model: modelName.optional().describe('The model of requests that name none. Without it they get a 400.'),
      routes: z
        .array(routeSchema, { error: 'a list of routes' })
        .default([])
        .describe('Chooses a model by request headers, before the body is asked; the first match wins.'),
      callers: z.array(callerSchema, { error: 'a list of caller sources' }).default([]).describe('Who is calling; the first source that yields a caller wins.'),
      costs: z
        .array(costSchema, { error: 'a list of costs' })
        .default([])
        .describe('Named numbers computed from usage. llm_total_token (TotalToken) is always there.'),
      prices: pricesSchema.default({}),
      budgets: z.array(budgetSchema, { error: 'a list of budgets' }).default([]).describe('What callers may spend, held before a provider is called and settled after.'),
      budget_webhook: webhookSchema.optional(),
      ledger: ledgerSchema.optional(),
      limits: z.array(limitSchema, { error: 'a list of limits' }).default([]).describe('Rate limit files, served to Envoy by the rate limit service.'),
      store: storeSchema.prefault('memory'),
      workers: workersSchema,
      listen: listenSchema.prefault({}),
      admin: adminSchema.prefault({}),
      envoy: envoySchema.prefault({}),
    },
    { error: 'a mapping with providers and models' },
  )
  .describe('Configuration of Tollgate: who is called, what clients may ask for, who they are, what it costs and what limits it.')
