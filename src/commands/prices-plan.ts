// `tollgate prices plan`: which token limits fit a budget in dollars.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../core/clock.ts'
import { findListed, guessListed, vendorIds } from '../prices/catalogue.ts'
import { type ModelPrice, rateOf, type Rates, selectList } from '../prices/model-price.ts'
import { type LimitPlan, planLimits } from '../prices/plan-limits.ts'
import { formatRate } from '../prices/write-prices.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { formatTable } from './format-table.ts'
import { readConfig } from './options.ts'

interface PlanOptions {
  readonly usd: number
  readonly per: string
  readonly models: readonly string[]
  readonly mix?: readonly number[]
  readonly users: number
  readonly inputShare: number
  readonly config?: string
  readonly json?: boolean
}

const PERIODS = ['minute', 'hour', 'day', 'week', 'month', 'year']
/** Measured on no traffic but a common rule of thumb for chats, in which every turn sends the whole conversation again. */
const DEFAULT_INPUT_SHARE = 0.75

export function addPricesPlanCommand(prices: Command, context: CommandContext): void {
  prices
    .command('plan')
    .description('Work out which limits in tokens fit a budget in dollars, and print a rate limit file with them.')
    .requiredOption('--usd <dollars>', 'the budget', parsePositive)
    .addOption(new Option('--per <period>', 'the time it is for').choices(PERIODS).default('day'))
    .requiredOption('--models <names>', 'the models it is for, with commas between; vendor:model where a name does not tell', (text) => text.split(',').map((name) => name.trim()))
    .option('--mix <parts>', 'their parts of all tokens, such as 3:1; equal unless given', parseMix)
    .option('--users <number>', 'among how many users it is divided', parseCount, 1)
    .addOption(new Option('--input-share <percent>', 'how many of all tokens are input').argParser(parsePercent).default(DEFAULT_INPUT_SHARE, `${DEFAULT_INPUT_SHARE * 100}%`))
    .option('-c, --config <file>', 'the models and prices of this configuration')
    .option('--json', 'print the plan as JSON')
    .action(async (options: PlanOptions) => planPrices(options, context))
}

async function planPrices(options: PlanOptions, context: CommandContext): Promise<void> {
  const { models, mix = models.map(() => 1), usd, users, inputShare } = options
  if (mix.length !== models.length) throw new CommandError(`--mix has ${mix.length} parts for ${models.length} models: one for each, such as --mix ${models.map(() => 1).join(':')}.`, 2)
  const rates = await readRates(options, context)
  const plan = planLimits({ dollars: usd, users, inputShare, models: models.map((name, index) => ({ model: options.config === undefined ? (splitName(name).model ?? name) : name, rates: rates[index] ?? {}, weight: mix[index] ?? 0 })) })
  if (plan === undefined) throw new CommandError('These models are free: no limit in tokens follows from a budget in dollars.')
  context.stdout(options.json === true ? `${JSON.stringify({ usd, per: options.per, users, input_share: inputShare, ...describePlan(plan) }, undefined, 2)}\n` : describeText(plan, options, rates))
}

async function readRates({ models, config: path }: PlanOptions, context: CommandContext): Promise<Rates[]> {
  const config = path === undefined ? undefined : await readConfig(path, context)
  return models.map((name) => {
    const step = config?.models.get(name)?.chain[0]
    const price = config === undefined ? findByName(name) : step === undefined ? undefined : config.prices.find({ provider: step.provider.name, model: step.upstreamModel })?.price
    const list = price === undefined ? undefined : selectList(price, systemClock.now())
    if (list === undefined) throw new CommandError(config === undefined ? unknownModel(name) : `${path} has no model ${JSON.stringify(name)} with a known price.`)
    return list.steps[0]?.rates ?? {}
  })
}

function findByName(name: string): ModelPrice | undefined {
  const { vendor, model } = splitName(name)
  return model === undefined ? guessListed(name)?.price : findListed(vendor, model)?.price
}

/** `openai:gpt-4o`; a colon after anything but a vendor belongs to the name. */
function splitName(name: string): { readonly vendor: string; readonly model: string | undefined } {
  const [vendor = '', ...rest] = name.split(':')
  return { vendor, model: rest.length > 0 && vendorIds.includes(vendor) ? rest.join(':') : undefined }
}

function unknownModel(name: string): string {
  return `No price of ${JSON.stringify(name)} is known. Write vendor:model, as in openai:gpt-4o; tollgate prices list shows what there is.`
}

function describePlan({ models, worstDollars }: LimitPlan): object {
  return {
    models: models.map(({ model, dollarsPerToken, tokens, tokensPerUser, dollars }) => ({ model, usd_per_million: dollarsPerToken * 1e6, tokens, tokens_per_user: tokensPerUser, usd: dollars })),
    usd_at_most: worstDollars,
  }
}

function describeText(plan: LimitPlan, { usd, per, users, inputShare }: PlanOptions, rates: readonly Rates[]): string {
  const heading = ['MODEL', '$/M INPUT', '$/M OUTPUT', '$/M MIXED', `TOKENS PER ${per.toUpperCase()}`, 'PER USER', 'DOLLARS']
  const rows = plan.models.map(({ model, dollarsPerToken, tokens, tokensPerUser, dollars }, index) => {
    const own = rates[index] ?? {}
    return [model, formatRate('input', rateOf(own, 'input')), formatRate('output', rateOf(own, 'output')), (dollarsPerToken * 1e6).toFixed(3), count(tokens), count(tokensPerUser), dollars.toFixed(2)]
  })
  return [
    formatTable([heading, ...rows], { right: [1, 2, 3, 4, 5, 6] }),
    `Assumed: ${Math.round(inputShare * 1000) / 10} % of the tokens are input (--input-share), ${users === 1 ? 'one user' : `${users} users`} (--users), no cached input.`,
    `If every token were of the dearer kind, these limits would let $${plan.worstDollars.toFixed(2)} pass instead of $${usd}.${users === 1 ? '' : ` A limit per user holds for each of them, however many there are.`}\n`,
    `ratelimit.yaml, with limits: [{file: ratelimit.yaml, cost: llm_total_token}] in tollgate.yaml:\n\n${tokenLimits(plan, { users, per })}`,
    `Or limit the dollars themselves, whatever is asked of whom: costs: [{name: spend, type: MicroDollar}] and`,
    `limits: [{file: ratelimit.yaml, cost: spend}] in tollgate.yaml, and in the file\n\n${dollarLimits({ usd, users, per })}`,
  ].join('\n')
}

interface Shares {
  readonly users: number
  readonly per: string
}

function tokenLimits({ models }: LimitPlan, { users, per }: Shares): string {
  const indent = users === 1 ? '  ' : '      '
  const rules = models.map(({ model, tokensPerUser }) => `${indent}- {key: model, value: ${JSON.stringify(model)}, rate_limit: {unit: ${per}, requests_per_unit: ${tokensPerUser}}}\n`).join('')
  return `domain: tollgate\ndescriptors:\n${users === 1 ? '' : '  - key: user\n    descriptors:\n'}${rules}`
}

function dollarLimits({ usd, users, per }: Shares & { readonly usd: number }): string {
  const each = Math.floor((usd * 1e6) / users)
  const rule = `rate_limit: {unit: ${per}, requests_per_unit: ${each}}} # $${(each / 1e6).toFixed(2)}\n`
  return `domain: tollgate\ndescriptors:\n  - {key: ${users === 1 ? 'model' : 'user'}, ${rule}`
}

function count(tokens: number): string {
  return tokens.toLocaleString('en-US')
}

function parsePositive(text: string): number {
  const value = Number(text.replace(/^\$/, ''))
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('Write dollars like 100 or 99.50.')
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write a number like 10.')
}

function parseMix(text: string): number[] {
  const parts = text.split(':').map(Number)
  if (parts.every((part) => Number.isFinite(part) && part > 0)) return parts
  throw new InvalidArgumentError('Write parts like 3:1, one for each model.')
}

function parsePercent(text: string): number {
  const value = Number(text.replace(/%$/, '')) / 100
  if (value >= 0 && value <= 1) return value
  throw new InvalidArgumentError('Write a percentage from 0 to 100, such as 80.')
}
