// Most unknown variables are known ones in another spelling: a provider's name for the count, camel case, or a slip of the finger.

import { editDistance } from '../core/edit-distance.ts'

/** The names that providers and other gateways use. */
const ALIASES: Readonly<Record<string, string>> = {
  prompttokens: 'input_tokens',
  prompttokencount: 'input_tokens',
  inputtokencount: 'input_tokens',
  completiontokens: 'output_tokens',
  candidatestokencount: 'output_tokens',
  outputtokencount: 'output_tokens',
  cachedtokens: 'cached_input_tokens',
  cachereadinputtokens: 'cached_input_tokens',
  cachecreationtokens: 'cache_creation_input_tokens',
  tokens: 'total_tokens',
  provider: 'backend',
  route: 'route_name',
}

/** The variable that was most likely meant; undefined when none is near. */
export function nearestVariable(name: string, variables: Iterable<string>): string | undefined {
  const plain = simplify(name)
  const alias = ALIASES[plain]
  if (alias !== undefined) return alias
  let best: string | undefined
  let bestDistance = Math.floor(plain.length / 3) + 1
  for (const variable of variables) {
    const distance = editDistance(plain, simplify(variable))
    if (distance >= bestDistance) continue
    best = variable
    bestDistance = distance
  }
  return best
}

function simplify(name: string): string {
  return name.toLowerCase().replaceAll('_', '')
}
