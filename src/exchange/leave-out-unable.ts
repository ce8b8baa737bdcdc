// Providers that cannot do what a request wants are left out of its chain before Envoy has it: once an attempt has begun, its stage can only
// answer the client, not move on to the next provider.

import { conversionFor } from '../conversions/index.ts'
import { TollgateError } from '../core/errors.ts'
import type { Format } from '../formats/format.ts'
import { isConverted, type PlannedStep } from '../providers/plan-chain.ts'

/**
 * Never empty. The last step stays whatever happens, and its refusal is what the client is told: so a chain whose only converted step is the
 * last one, a fallback, costs nothing here.
 */
export function leaveOutUnable(chain: readonly PlannedStep[], format: Format, body: Buffer): readonly PlannedStep[] {
  const last = chain.length - 1
  if (!chain.some((step, index) => index < last && isConverted(step.call))) return chain
  const able = chain.filter((step, index) => index === last || !isConverted(step.call) || isAble(step, format, body))
  // The same list where it can be: what follows from a list is worked out once for it.
  return able.length === chain.length ? chain : able
}

function isAble({ call, upstreamModel }: PlannedStep, format: Format, body: Buffer): boolean {
  try {
    conversionFor(format.name, call)?.convertRequest(body, { upstreamModel })
    return true
  } catch (thrown) {
    const { code } = TollgateError.from(thrown)
    if (code === 'unsupported_parameter' || code === 'malformed_request') return false
    throw thrown
  }
}
