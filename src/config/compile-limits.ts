// limits: → compiled rate limit files, checked against what the rendered Envoy configuration can send.

import type { Cost } from '../costs/cost.ts'
import type { DomainRules } from '../ratelimit/domain-rules.ts'
import { parseRateLimitFile } from '../ratelimit/parse-rate-limit-file.ts'
import { costNames } from './compile-costs.ts'
import { listNames } from './compile-models.ts'
import type { Draft } from './draft.ts'
import { findDescriptors, type FoundDescriptor } from './find-descriptors.ts'
import { didYouMean } from './nearest-name.ts'
import type { LimitFile } from './runtime-config.ts'
import { limitSchema } from './schema.ts'
import { fileState, resolvePath, type Sources } from './sources.ts'
import type { Path } from './yaml-source.ts'

export interface LimitContext {
  readonly sources: Sources
  readonly costs: readonly Cost[]
  readonly attributes: ReadonlySet<string>
}

/** Files that are wrong are left out. Their problems carry their own names and positions. */
export function compileLimits(draft: Draft, context: LimitContext): readonly LimitFile[] {
  const limits: LimitFile[] = []
  for (let index = 0; index < draft.count(['limits']); index += 1) {
    const path: Path = ['limits', index]
    const costName = draft.pick([...path, 'cost'], limitSchema.shape.cost)
    if (costName !== undefined) checkCostName(draft, [...path, 'cost'], costName, context.costs)
    const written = draft.pick([...path, 'file'], limitSchema.shape.file)
    if (written === undefined) continue
    const file = resolvePath(context.sources, written)
    const rules = compileFile(draft, [...path, 'file'], file, context)
    if (rules === undefined) continue
    const twin = limits.find((other) => other.rules.domain === rules.domain)
    if (twin !== undefined) {
      draft.problem(
        [...path, 'file'],
        `whose domain "${rules.domain}" is also that of ${context.sources.display(twin.path)}; every limit file needs a domain of its own`,
      )
    } else if (costName !== undefined) limits.push({ path: file, costName, rules })
  }
  return limits
}

function checkCostName(draft: Draft, path: Path, name: string, costs: readonly Cost[]): void {
  const known = costNames(draft, costs)
  if (!known.has(name)) draft.problem(path, `which is no cost, allowed: ${listNames([...known])}${didYouMean(name, known)}`)
}

function compileFile(draft: Draft, path: Path, file: string, { sources, attributes }: LimitContext): DomainRules | undefined {
  const name = sources.display(file)
  const state = fileState(sources, file)
  if (state.kind !== 'text') {
    const reason = state.kind === 'unreadable' ? state.reason : 'its text is missing'
    draft.problem(
      path,
      `but ${name} cannot be read (${reason}); paths are relative to the folder of ${sources.display(sources.path)}`,
    )
    return undefined
  }
  const parsed = parseRateLimitFile({ text: state.text, fileName: name, denyAtLimitDefault: true })
  if (!parsed.ok) {
    draft.problems.push(...parsed.problems.map((problem) => ({ file: name, ...problem })))
    return undefined
  }
  draft.warnings.push(...parsed.warnings.map((warning) => ({ file: name, ...warning })))
  checkDescriptors({ draft, file: name, main: sources.display(sources.path) }, findDescriptors(state.text), attributes)
  if (parsed.rules.keyPaths.length === 0) draft.warn(path, 'in which no descriptor has a rate_limit, so it limits nothing; add one or remove the file')
  return parsed.rules
}

interface DescriptorContext {
  readonly draft: Draft
  /** Display names of the limit file and of tollgate.yaml. */
  readonly file: string
  readonly main: string
}

function checkDescriptors({ draft, file, main }: DescriptorContext, descriptors: readonly FoundDescriptor[], attributes: ReadonlySet<string>): void {
  const sendable = ['model', ...attributes]
  const models = draft.keys(['models'])
  const known = `models are: ${listNames(models)}`
  for (const { key, keyPosition, value, valuePosition, matches } of descriptors) {
    if (!sendable.includes(key)) {
      const allowed = `model and the caller attributes of ${main} (${listNames([...attributes])})`
      const why = `found the descriptor key "${key}", which Envoy could not send, allowed: ${allowed}`
      draft.problems.push({ file, ...keyPosition, message: `${why}; add the attribute to callers or remove the descriptor${didYouMean(key, sendable)}` })
    } else if (key === 'model' && value !== undefined && !models.some(matches)) {
      draft.warnings.push({
        file,
        ...valuePosition,
        message: `found the model "${value}", which ${main} does not have, so this limit never applies; ${known}${didYouMean(value, models)}`,
      })
    }
  }
}
