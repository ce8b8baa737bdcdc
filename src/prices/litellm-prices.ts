// LiteLLM's model_prices_and_context_window.json: model → dollars per token and much else. Source: docs.litellm.ai, "Add model pricing".

import { isObject } from '../core/is-object.ts'
import { scaleDecimal } from '../core/money.ts'
import { vendorOfForeign } from './foreign-vendors.ts'
import type { PriceStep } from './model-price.ts'
import type { ForeignPrice, PriceFile } from './foreign-price.ts'
import type { Unit } from './units.ts'

const UNITS: Readonly<Record<string, Unit>> = {
  input_cost_per_token: 'input',
  cache_read_input_token_cost: 'cached_input',
  cache_creation_input_token_cost: 'cache_creation',
  cache_creation_input_token_cost_above_1hr: 'cache_creation_1h',
  input_cost_per_audio_token: 'input_audio',
  cache_read_input_audio_token_cost: 'cached_input_audio',
  input_cost_per_image_token: 'input_image',
  cache_read_input_image_token_cost: 'cached_input_image',
  output_cost_per_token: 'output',
  output_cost_per_reasoning_token: 'reasoning',
  output_cost_per_audio_token: 'output_audio',
  output_cost_per_image_token: 'output_image',
  input_cost_per_request: 'request',
}

/** Its modes that produce no tokens, so that a missing price of output is 0. */
const WITHOUT_OUTPUT: ReadonlySet<unknown> = new Set(['embedding', 'rerank', 'moderation'])

export function readLitellmPrices(json: Readonly<Record<string, unknown>>): Pick<PriceFile, 'prices' | 'skipped'> {
  const prices: ForeignPrice[] = []
  let skipped = 0
  for (const [key, entry] of Object.entries(json)) {
    if (key === 'sample_spec' || !isObject(entry)) continue
    const foreignVendor = typeof entry['litellm_provider'] === 'string' ? entry['litellm_provider'] : ''
    const steps = readSteps(entry)
    if (steps === undefined) skipped += 1
    else prices.push({ vendor: vendorOfForeign(foreignVendor), foreignVendor, model: modelOf(key, foreignVendor), steps })
  }
  return { prices, skipped }
}

// `groq/llama-3.3-70b` is the model llama-3.3-70b of groq; `openrouter/openai/gpt-4o` is openai/gpt-4o of openrouter.
function modelOf(key: string, vendor: string): string {
  const slash = key.indexOf('/')
  const prefix = key.slice(0, Math.max(0, slash))
  const ours = vendorOfForeign(vendor)
  const isVendor = prefix !== '' && (prefix === vendor || (ours !== undefined && vendorOfForeign(prefix) === ours))
  return isVendor ? key.slice(slash + 1) : key
}

function readSteps(entry: Readonly<Record<string, unknown>>): readonly PriceStep[] | undefined {
  const byStep = new Map<number, Partial<Record<Unit, number>>>()
  for (const [key, value] of Object.entries(entry)) {
    const [, name = '', thousands] = /^(.+?)(?:_above_(\d+)k_tokens)?$/.exec(key) ?? []
    const unit = UNITS[name]
    const rate = unit === undefined || typeof value !== 'number' ? undefined : scaleDecimal(String(value), 12)
    if (unit === undefined || rate === undefined) continue
    const above = thousands === undefined ? -1 : Number(thousands) * 1000
    byStep.set(above, { ...byStep.get(above), [unit]: rate.value })
  }
  const search = isObject(entry['search_context_cost_per_query']) ? entry['search_context_cost_per_query']['search_context_size_medium'] : undefined
  const webSearch = typeof search === 'number' ? scaleDecimal(String(search), 12) : undefined
  const base = byStep.get(-1)
  if (base?.input === undefined) return undefined
  const output = base.output ?? (WITHOUT_OUTPUT.has(entry['mode']) ? 0 : undefined)
  // Zeros on both sides stand for what nobody looked up.
  if (output === undefined || (base.input === 0 && output === 0)) return undefined
  byStep.set(-1, { ...base, output, ...(webSearch === undefined ? {} : { web_search: webSearch.value }) })
  return [...byStep].toSorted(([a], [b]) => a - b).map(([above, rates]) => ({ above, rates }))
}
