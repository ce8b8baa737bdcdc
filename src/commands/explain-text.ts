// An explanation for a terminal: the decision, then each model that was tried with its price, its budgets and those that it just missed.

import { describeShare } from '../budgets/explain-denial.ts'
import { WHOLE_SHARE } from '../budgets/budget.ts'
import { formatDecimal } from '../core/money.ts'
import type { ExplainedBudget, ExplainedEnd, ExplainedModel, ExplainedPrice, Explanation, MissedBudget } from '../edge/explain-page.ts'
import { printable } from './display-width.ts'
import { formatTable } from './format-table.ts'

/** Budgets that do not count a request; the rest is in the JSON. */
const MOST_MISSED = 10

const results: Readonly<Record<ExplainedModel['result'], string>> = { admitted: 'admitted', passed_over: 'passed over', denied: 'denied', refused: 'refused', would_wait: 'would have to wait' }

/** Ends with a line end. */
export function formatExplanation(explanation: Explanation): string {
  const { models, ended, skipped_models: skipped } = explanation
  const blocks = [
    headLines(explanation),
    ...models.map(modelLines),
    ...(skipped === undefined ? [] : [[`Not tried: ${skipped.join(', ')}. This caller may not use ${skipped.length === 1 ? 'it' : 'them'}, or no provider of ${skipped.length === 1 ? 'it' : 'them'} can serve this request.`]]),
    ...(ended === undefined ? [] : [endLines(ended)]),
  ]
  return blocks.map((lines) => lines.map((line) => `${printable(line)}\n`).join('')).join('\n')
}

function headLines({ decision, error, time, exchange_id: id, caller, downgraded_from: from, clamped_to: clamp, waited_seconds: waited, waits_at_most_seconds: waits, largest_output_tokens: largest, models }: Explanation): string[] {
  const model = models.at(-1)?.model
  const who = Object.entries(caller).map(([name, value]) => `${name}=${value}`).join(' ')
  const what = { admitted: 'ADMITTED', denied: 'DENIED', refused: 'REFUSED', would_wait: 'WOULD WAIT', none: 'NOTHING TO DECIDE' }[decision]
  return [
    [what, ...(model === undefined ? [] : [model]), ...(from === undefined ? [] : [`instead of ${from}`]), ...(who === '' ? [] : ['for', who])].join(' '),
    id === undefined ? `  asked at ${time}; nothing was sent, held or counted` : `  exchange ${id}, begun ${time}`,
    ...(error === undefined ? [] : [`  ${error.code}${error.message === undefined ? '' : `: ${error.message}`}`]),
    ...(clamp === undefined ? [] : [`  its output is held to ${count(clamp)} tokens, so that it fits`]),
    ...(waited === undefined ? [] : [`  it waited ${waited} s for room`]),
    ...(waits === undefined ? [] : [`  for room, at most ${waits} s; then it is denied`]),
    ...(largest === undefined ? [] : [`  the longest answer that would have been admitted has ${count(largest)} tokens`]),
  ]
}

function modelLines(model: ExplainedModel): string[] {
  const { providers, drawn_by_weight: drawn, left_out: leftOut, route, downgrade_to: cheaper, prices, estimate, worst_case: worst, budgets, missed } = model
  const tokens = (what: string, { input_tokens: input, output_tokens: output }: NonNullable<typeof estimate>): string => `  ${what}${count(input)} tokens in, ${count(output)} out`
  return [
    `${model.model}: ${results[model.result]}`,
    ...(providers.length === 0 ? [] : [`  providers   ${providers.join(', ')}${drawn === true ? ' (the first is drawn by weight)' : ''}`]),
    ...(leftOut === undefined ? [] : [`  not asked   ${leftOut.join(', ')}`]),
    ...(route === undefined ? [] : [`  route       ${route}`]),
    ...(cheaper === undefined ? [] : [`  cheaper     ${cheaper}`]),
    ...prices.map((price) => `  price       ${priceText(price)}`),
    ...(estimate === undefined ? [] : [tokens('estimate    ', estimate)]),
    ...(worst === undefined ? [] : [tokens('worst case  ', worst)]),
    budgets.length === 0 ? '  No budget counts it.' : '  Budgets that count it:',
    ...budgets.flatMap(budgetLines),
    ...(missed.length === 0 ? [] : ['  Budgets that do not:']),
    ...missed.slice(0, MOST_MISSED).map((budget) => `    ${missText(budget)}`),
    ...(missed.length > MOST_MISSED ? [`    and ${missed.length - MOST_MISSED} more (--json shows all)`] : []),
  ]
}

function priceText({ provider, model, known, source, rate_card: card, per_million_tokens: rates = {}, per_call: calls = {}, above_input_tokens: above }: ExplainedPrice): string {
  if (!known) return `${provider} ${model}: nobody knows it`
  const from = source === 'configuration' ? 'from the configuration' : `list of ${source?.vendor ?? ''}${source?.model === model ? '' : ` for ${source?.model ?? ''}`}`
  const tokens = Object.entries(rates).map(([unit, dollars]) => `$${dollars} ${unit}`)
  const each = Object.entries(calls).map(([unit, dollars]) => `$${dollars} per ${unit}`)
  const long = above === undefined ? '' : `, for more than ${count(above)} tokens of input`
  const rate = tokens.length + each.length === 0 ? 'free' : [...(tokens.length === 0 ? [] : [`${tokens.join(', ')} per million tokens${long}`]), ...each].join(', ')
  return `${provider} ${model}: ${rate} (${from}, rate card ${card ?? ''})`
}

function budgetLines(budget: ExplainedBudget): string[] {
  const { per, used, held, left, limit, limit_from: from, limit_until: until, window, resets_at: resets, needs, reserve, tiers } = budget
  const amount = (value: number): string => amountText(budget.unit, value)
  const unit = unitText(budget.unit)
  const source = from === 'limit' ? '' : `, by ${from}${until === undefined ? '' : ` until ${until}`}`
  const need = needs === undefined ? '' : reserve === 'none' ? '; nothing is held' : `; this needs ${amount(needs)}${reserve === 'worst_case' ? ' in the worst case' : ''}`
  const counted = used === undefined || held === undefined || left === undefined ? `limit ${amount(limit)}` : `${amount(used)} used, ${amount(held)} held, ${amount(left)} left of ${amount(limit)}`
  return [
    `    ${budget.budget}${per.length === 0 ? '' : ` (per ${per.join(', ')})`}: ${verdictText(budget)}`,
    `      ${counted}${unit === '' ? '' : ` ${unit}`}${source}${need}`,
    `      window: ${window}, ${budget.window_start === undefined ? 'all of it forgotten' : 'resets'} ${resets}`,
    ...(tiers.length === 0 ? [] : [`      tiers: ${tiers.map(({ remaining_share: share, action, satisfied }) => `below ${describeShare(share * WHOLE_SHARE)} ${action}${satisfied ? ', satisfied' : ''}`).join('; ')}`]),
  ]
}

function verdictText({ verdict, action }: ExplainedBudget): string {
  const then = action === undefined ? '' : `, so: ${action}`
  switch (verdict) {
    case 'fits':
      return 'has room'
    case 'no_room':
      return `has no room${then}`
    case 'tier':
      return `too little is left for this model${then}`
    case 'in_line':
      return `others wait for room before it${then}`
    case 'would_deny':
      return 'has no room, but only watches'
    case 'not_asked':
      return 'was not asked'
  }
}

function missText({ budget, because }: MissedBudget): string {
  const reasons = because.map(({ what, attribute, found, wanted }) => {
    const values = found.join(', ')
    const those = wanted.join(', ')
    switch (what) {
      case 'caller':
        return found.length === 0 ? `the caller has no ${attribute ?? ''} (${those} would match)` : `${attribute ?? ''} is ${values} (${those} would match)`
      case 'model':
        return `the model is ${values} (${those} would match)`
      case 'route':
        return found.length === 0 ? `no named route chose the model (${those} would match)` : `the route is ${values} (${those} would match)`
      case 'provider':
        return `its providers are ${values} (${those} would match)`
    }
  })
  return `${budget}: ${reasons.join('; ')}`
}

const bases: Readonly<Record<ExplainedEnd['charges'][number]['basis'], string>> = {
  exact: 'exact',
  estimated: 'estimated',
  nothing: 'nothing to charge',
  other_provider: 'served by a provider that it does not count',
}

function endLines({ outcome, status, reason, provider, upstream_model: model, attempts, input_tokens: input, output_tokens: output, estimated, cost_usd: cost, price, duration_ms: ms, charges }: ExplainedEnd): string[] {
  const by = provider === undefined ? '' : ` by ${provider}${model === undefined ? '' : ` (${model})`}`
  const rows = charges.map(({ budget, unit, held, charged, basis }) => [budget, amountText(unit, held), amountText(unit, charged), unitText(unit), bases[basis]])
  return [
    `Ended: ${outcome.replaceAll('_', ' ')}${status === undefined ? '' : `, status ${status}`}${by}, ${attempts === 1 ? '1 attempt' : `${attempts} attempts`}, ${count(ms)} ms`,
    ...(reason === undefined || outcome === 'limited' ? [] : [`  reason      ${reason}`]),
    ...(input === undefined && output === undefined ? [] : [`  usage       ${input === undefined ? 'unknown' : count(input)} tokens in, ${output === undefined ? 'unknown' : count(output)} out${estimated === true ? ', estimated' : ''}`]),
    ...(cost === undefined ? [] : [`  cost        ${amountText('usd', cost)}`]),
    ...(price === undefined ? [] : [`  price       ${priceText(price)}`]),
    ...(rows.length === 0 ? [] : formatTable([['BUDGET', 'HELD', 'CHARGED', '', ''], ...rows], { right: [1, 2] }).trimEnd().split('\n').map((line) => `  ${line}`)),
  ]
}

function amountText(unit: string, value: number): string {
  return unit === 'usd' ? `$${formatDecimal(Math.round(value * 1e9), 9)}` : count(value)
}

/** Nothing behind dollars, which say it before. */
function unitText(unit: string): string {
  return unit === 'usd' ? '' : unit.replaceAll('_', ' ')
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
