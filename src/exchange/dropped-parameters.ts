// What the attempt that answered left out of the request, as the value of x-tollgate-dropped-params.

import type { MessageContext } from './messages.ts'
import { ATTEMPT_NAMESPACE } from './namespaces.ts'

/** Longest value: some clients and proxies refuse headers of more than a few kilobytes. */
const MAX_LENGTH = 1024

/** Undefined when nothing was left out. `provider`: who answered; what another attempt left out is of no interest. */
export function readDropped(context: MessageContext, provider: string | undefined): string | undefined {
  const attempt = context.metadata(ATTEMPT_NAMESPACE)
  const names = attempt?.['dropped']
  if (attempt?.['provider'] !== provider || !Array.isArray(names) || names.length === 0) return undefined
  let value = ''
  for (const name of names) {
    if (typeof name !== 'string') continue
    const next = `${value === '' ? '' : ', '}${headerText(name)}`
    if (value.length + next.length > MAX_LENGTH) return `${value}, ...`
    value += next
  }
  return value
}

// The names are a client's: whatever it wrote as a member name must not end the header.
function headerText(name: string): string {
  return name.replace(/[^\w.[\]-]/g, '?').slice(0, 100)
}
