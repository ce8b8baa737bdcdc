// The shape of `budgets` and of the webhook that hears of them.

import { z } from 'zod'
import { durationRule, parseDuration } from './parse-duration.ts'
import { budgetDollarRule, parseBudgetDollars } from './parse-dollars.ts'
import { everyRule, parseEvery } from './parse-every.ts'
import { momentRule, parseMoment } from './parse-moment.ts'
import { parseShare, shareRule } from './parse-share.ts'
import { parseTimeZone, timeZoneRule } from './parse-time-zone.ts'
import { parseWebhookUrl, webhookUrlRule } from './parse-webhook-url.ts'
import { modelPatterns } from './schema-callers.ts'
import { attributeName, intoIssue, named, parsedText, providerPattern, routeName, secretSource } from './schema-names.ts'

/** Sums of what is used and held must stay safe integers. */
const MAX_AMOUNT = 1e15
const MIN_HOLD_MS = 10_000
const MAX_QUEUE_MS = 30_000

const duration = parsedText(parseDuration, { allowed: durationRule, pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$' })
const share = parsedText(parseShare, { allowed: shareRule, pattern: '^[0-9]+(\\.[0-9]{1,2})?%$' })

const budgetName = named(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a budget name of lower-case letters, digits, _ and -, beginning with a letter or digit, at most 63 characters')

const valuesRule = 'a text of 1 to 200 printable characters, in which * stands for any characters, or a list such as [research, "eng-*"]; put in quotes what looks like a number or a boolean'
// oxlint-disable-next-line no-control-regex -- keeping control characters out is the point
const attributeValue = named(/^[^\u0000-\u001f\u007f-\u009f]{1,200}$/, valuesRule)
const conditionRule = 'caller attributes with their values, such as {team: research}'
export const callerCondition = z.record(attributeName, z.union([attributeValue, z.array(attributeValue, { error: valuesRule }).min(1, { error: valuesRule })], { error: valuesRule }), {
  error: conditionRule,
})

const amountRule = `a whole number from 0 to ${MAX_AMOUNT}`
const amount = z.int({ error: amountRule }).min(0, { error: amountRule }).max(MAX_AMOUNT, { error: amountRule })
const dollars = z.union([z.number(), z.string()], { error: budgetDollarRule }).transform((input, context) => intoIssue(parseBudgetDollars(input), context, input))

const limitRule = 'one unit with its number, such as {tokens: 100000}, {usd: 100} or {requests: 50}'
export const budgetLimit = z
  .object(
    {
      tokens: amount.optional().describe('Input and output tokens.'),
      input_tokens: amount.optional().describe('Tokens of prompts.'),
      output_tokens: amount.optional().describe('Tokens of answers.'),
      usd: dollars.optional().describe('Dollars, by the prices of the configuration.'),
      requests: amount.optional().describe('Exchanges, whatever they cost.'),
    },
    { error: limitRule },
  )
  .catchall(amount)
  .refine((limit) => Object.keys(limit).length === 1, { error: limitRule })
  .describe('How much, in one unit: tokens, input_tokens, output_tokens, usd, requests, or the name of a cost.')

export const budgetOverride = z
  .strictObject({
    where: callerCondition.refine((where) => Object.keys(where).length > 0, { error: conditionRule }).describe('The callers that have this limit.'),
    limit: budgetLimit.describe('Their limit, in the unit of the budget.'),
  })
  .describe('Another limit for some callers.')

export const budgetBoost = z
  .strictObject({
    where: callerCondition.optional().describe('The callers that have this limit. Without it: all.'),
    limit: budgetLimit.describe('Their limit until then, in the unit of the budget.'),
    until: parsedText(parseMoment, { allowed: momentRule, pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})$' }).describe(
      'When it ends: date, time and zone, such as 2026-08-01T00:00:00Z.',
    ),
  })
  .describe('Another limit for a while.')

const actionRule = 'deny, downgrade, queue, warn or allow'
export const budgetTier = z
  .strictObject({
    remaining: share.describe('Acts while less than this share of the limit remains, such as 50%.'),
    action: z
      .enum(['deny', 'downgrade', 'queue', 'warn', 'allow'], { error: actionRule })
      .describe('What happens then: the request is refused, gets the cheaper model of downgrade_to, waits, or passes and is reported.'),
  })
  .describe('What happens before a budget is used up.')

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
const weekdayRule = `a day of the week: ${weekdays.join(', ')}`
const monthDayRule = 'a day of the month from 1 to 28'
const reserveRule = 'estimate, worst_case or none'
const failureRule = 'deny, allow or local'
const exhaustedRule = 'deny, downgrade, queue, or allow, which lets requests pass and reports them'

export const budgetSchema = z
  .strictObject({
    name: budgetName.describe('What answers, logs and metrics call it.'),
    per: z
      .array(attributeName, { error: 'a list of caller attributes, such as [user]' })
      .default([])
      .describe('Caller attributes: each combination of their values has the limit for itself. Without it: one limit for all together.'),
    where: callerCondition.default({}).describe('Only callers with these attributes: attribute → value, or a list of values; * stands for any characters.'),
    models: modelPatterns.default([]).describe('Only these models, as names or patterns with *. Without it: every model.'),
    providers: z
      .array(providerPattern, { error: 'a list of provider names, in which * stands for any characters, such as [openai, "azure-*"]' })
      .default([])
      .describe('Only what these providers serve, as names or patterns with *. Without it: every provider.'),
    routes: z.array(routeName, { error: 'a list of names of routes' }).default([]).describe('Only requests whose model was chosen by one of these routes. Without it: all.'),
    limit: budgetLimit,
    every: parsedText(parseEvery, { allowed: everyRule, pattern: '^(minute|hour|day|week|month|quarter|year|[0-9]+[mhd])$' }).describe(
      'When it begins anew: minute, hour, day, week, month, quarter or year by the calendar, or a length such as 15m, 4h or 30d.',
    ),
    sliding: z
      .boolean({ error: 'true or false' })
      .default(false)
      .describe('Counts what was charged in the last hour, day, 4h …, instead of since its beginning. Not with month, quarter and year.'),
    timezone: parsedText(parseTimeZone, { allowed: timeZoneRule, pattern: '^[A-Za-z]' })
      .optional()
      .meta({ description: 'Whose clock the calendar follows: an IANA name. Default: UTC.', examples: ['Europe/Berlin'] }),
    week_start: z.enum(weekdays, { error: weekdayRule }).optional().describe('The day on which weeks begin. Default: monday.'),
    month_day: z
      .int({ error: monthDayRule })
      .min(1, { error: monthDayRule })
      .max(28, { error: monthDayRule })
      .optional()
      .describe('The day on which months, quarters and years begin, 1 to 28. Default: 1.'),
    overrides: z.array(budgetOverride, { error: 'a list such as [{where: {team: research}, limit: {usd: 5000}}]' }).default([]).describe('Other limits for some callers; the first that matches counts.'),
    boosts: z
      .array(budgetBoost, { error: 'a list such as [{limit: {usd: 200}, until: 2026-08-01T00:00:00Z}]' })
      .default([])
      .describe('Other limits until a moment, before limit and overrides; the first that matches and has not ended counts.'),
    tiers: z.array(budgetTier, { error: 'a list such as [{remaining: 50%, action: downgrade}]' }).default([]).describe('What happens before it is used up, by the share that remains.'),
    on_exhausted: z
      .enum(['deny', 'downgrade', 'queue', 'allow'], { error: exhaustedRule })
      .default('deny')
      .describe('What happens to requests that do not fit into what remains.'),
    queue: z
      .strictObject(
        {
          timeout: duration
            .refine((ms) => ms <= MAX_QUEUE_MS, { error: 'a duration of at most 30s' })
            .prefault('10s')
            .describe('Longest wait for room, at most 30s. Envoy waits that much longer for an answer of Tollgate.'),
        },
        { error: 'a mapping such as {timeout: 10s}' },
      )
      .prefault({})
      .describe('How requests wait, where an action is queue.'),
    clamp: z
      .boolean({ error: 'true or false' })
      .default(false)
      .describe('Lowers the bound on output tokens of a request to what is left, before anything else is done about one that does not fit.'),
    reserve: z
      .enum(['estimate', 'worst_case', 'none'], { error: reserveRule })
      .default('estimate')
      .describe('What is held for a request until its cost is known: what such requests use to cost, the most it can cost, or nothing.'),
    hold_ttl: duration
      .refine((ms) => ms >= MIN_HOLD_MS, { error: 'a duration of at least 10s' })
      .prefault('10m')
      .describe('After how long a hold that nobody renews is charged; at least 10s.'),
    on_store_failure: z
      .enum(['deny', 'allow', 'local'], { error: failureRule })
      .default('deny')
      .describe('What becomes of requests while the counters cannot be reached: refused, let through and charged when the counters are back, or let through up to local_share by the count of each process.'),
    local_share: share.prefault('10%').describe('With on_store_failure: local, the share of the limit that each process lets through per window.'),
  })
  .describe('A limit on what exchanges cost, per window.')

export const webhookSchema = z
  .strictObject(
    {
      url: parsedText(parseWebhookUrl, { allowed: webhookUrlRule, pattern: '^[hH][tT][tT][pP][sS]?://' }).describe('Where to post.'),
      token: secretSource.optional().describe('Sent as a bearer token.'),
    },
    { error: 'a mapping with url, such as {url: https://hooks.example.com/budgets}' },
  )
  .describe('Where warnings of budgets are posted, as JSON.')

export type WrittenCondition = z.output<typeof callerCondition>
