// The shape of fallback, cool-downs and the choice of providers: when the next provider of a chain is asked, and who is left out of it.

import { z } from 'zod'
import { durationRule, parseDuration } from './parse-duration.ts'
import { attributeName, headerValue, parsedText } from './schema-names.ts'

/** What moves on to the next provider unless the file says otherwise. */
export const defaultConditions = [408, 429, '5xx', 'connect_failure', 'no_host', 'reset'] as const

const duration = parsedText(parseDuration, { allowed: durationRule, pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$' })
const conditionRule = 'an HTTP status from 400 to 599 such as 429 (not in quotes), 5xx, connect_failure, no_host or reset'
const condition = z
  .union([z.number({ error: conditionRule }).int({ error: conditionRule }).min(400, { error: conditionRule }).max(599, { error: conditionRule }), z.enum(['5xx', 'connect_failure', 'no_host', 'reset'], { error: conditionRule })], {
    error: conditionRule,
  })
  .describe('One way of failing.')

const policyFields = {
  on: z
    .array(condition, { error: `a list of conditions, each ${conditionRule}` })
    .optional()
    .describe('What makes Envoy ask the next provider. Default: [408, 429, 5xx, connect_failure, no_host, reset]. Empty: nothing.'),
  per_try_timeout: duration.optional().describe("How long one provider may take until its answer's headers come. Default: as long as it likes."),
  per_try_idle_timeout: duration.optional().describe('Longest silence of one provider, also in the middle of its answer. Default: none but envoy.stream_idle_timeout.'),
}

export const modelFallbackSchema = z.strictObject(policyFields).describe('Instead of what the top-level fallback says, field by field.')

export const fallbackSchema = z.strictObject(policyFields).describe('When the next provider of a chain is asked.')

const coolDownRule = 'off, or a mapping with max, failures or pause'
const failureCount = 'a whole number from 1 to 1000'
export const coolDownSchema = z
  .union(
    [
      z.literal('off', { error: coolDownRule }),
      z.strictObject({
        max: duration.prefault('60s').describe('Longest time that a provider is left out, whatever its retry-after says.'),
        failures: z
          .number({ error: failureCount })
          .int({ error: failureCount })
          .min(1, { error: failureCount })
          .max(1000, { error: failureCount })
          .default(5)
          .describe('After so many failures in a row without a word of when to come back, a provider is left out for a pause.'),
        pause: duration.prefault('5s').describe('How long that is; also after a 401, which means that its key is refused.'),
      }),
    ],
    { error: coolDownRule },
  )
  .describe('Leaves a provider out of chains for a while after it said when to come back, or failed again and again.')

const choiceRule = 'true, false, or caller attributes with the value they must have, such as {team: platform}'
export const providerChoiceSchema = z
  .union([z.boolean({ error: choiceRule }), z.record(attributeName, headerValue, { error: choiceRule }).refine((attributes) => Object.keys(attributes).length > 0, { error: choiceRule })], {
    error: choiceRule,
  })
  .describe('Who may choose providers and their order with the request header x-tollgate-providers: everybody (true), nobody, or callers with all of these attributes.')

const weightRule = 'a whole number from 1 to 1000'
export const stepWeight = z
  .number({ error: weightRule })
  .int({ error: weightRule })
  .min(1, { error: weightRule })
  .max(1000, { error: weightRule })
  .optional()
  .describe('Share of the requests that this provider gets first. Where some steps have a weight, those without are fallbacks only.')
