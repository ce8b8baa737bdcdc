// The conversions there are: every client dialect with every provider dialect. A new one is a line here.

import { type Conversion, createConversion } from './conversion.ts'
import type { ClientDialect, ProviderDialect } from './dialect.ts'

const clients: Readonly<Record<string, ClientDialect>> = {}
const providers: Readonly<Record<string, ProviderDialect>> = {}

const known = new Map<string, Conversion>()

/** `format`: the client's; `call`: the dialect of the provider and what is put around it. Undefined when one of them is not known. */
export function conversionFor(format: string, call: { readonly dialect: string | undefined; readonly envelope: string }): Conversion | undefined {
  const name = `${format} ${call.dialect ?? ''} ${call.envelope}`
  let conversion = known.get(name)
  if (conversion === undefined) {
    const client = clients[format]
    const provider = providers[call.dialect ?? '']
    if (client === undefined || provider === undefined) return undefined
    conversion = createConversion(client, provider)
    known.set(name, conversion)
  }
  return conversion
}
