// Which other files a tollgate.yaml names: what must be read, or looked at, before it can be compiled.

import { createDraft, type Draft } from './draft.ts'
import { webhookSchema } from './schema-budgets.ts'
import { callerSchema, jwksSchema, listenerTlsSchema } from './schema-callers.ts'
import { limitSchema, storeCaFileSchema } from './schema.ts'
import { adminSchema } from './schema-operation.ts'
import { providerSchema, type WrittenCredential } from './schema-providers.ts'
import { resolvePath, type Sources } from './sources.ts'
import type { Path } from './yaml-source.ts'

export interface ReferencedFiles {
  /** Rate limit files: their texts are part of the configuration. Absolute, without duplicates, in file order. */
  readonly limits: readonly string[]
  /** Credentials, certificates and keys: others read them, here they only must exist. */
  readonly secrets: readonly string[]
}

/** What a broken section names is left out; compiling says what is broken. */
export function referencedFiles(sources: Pick<Sources, 'path' | 'text'>): ReferencedFiles {
  const draft = createDraft(sources.text, sources.path)
  const limits = new Set<string>()
  const secrets = new Set<string>()
  for (let index = 0; index < draft.count(['limits']); index += 1) {
    const file = draft.pick(['limits', index, 'file'], limitSchema.shape.file)
    if (file !== undefined) limits.add(resolvePath(sources, file))
  }
  for (const name of draft.keys(['providers'])) {
    const credential = draft.pick(['providers', name, 'credential'], providerSchema.shape.credential)
    const caFile = draft.pick(['providers', name, 'ca_file'], providerSchema.shape.ca_file)
    for (const file of credentialFiles(credential)) secrets.add(resolvePath(sources, file))
    if (caFile !== undefined) secrets.add(resolvePath(sources, caFile))
  }
  for (let index = 0; index < draft.count(['callers']); index += 1) {
    for (const file of callerFiles(draft, ['callers', index])) secrets.add(resolvePath(sources, file))
  }
  const tokens = [
    draft.pick(['budget_webhook', 'token'], webhookSchema.shape.token),
    draft.pick(['admin', 'read_token'], adminSchema.shape.read_token),
    draft.pick(['admin', 'write_token'], adminSchema.shape.write_token),
  ]
  for (const token of tokens) if (token !== undefined && 'file' in token) secrets.add(resolvePath(sources, token.file))
  const storeCaFile = draft.pick(['store', 'ca_file'], storeCaFileSchema)
  if (storeCaFile !== undefined) secrets.add(resolvePath(sources, storeCaFile))
  const tls = draft.pick(['envoy', 'tls'], listenerTlsSchema)
  for (const file of [tls?.cert_file, tls?.key_file, tls?.client_ca_file]) if (file !== undefined) secrets.add(resolvePath(sources, file))
  return { limits: [...limits], secrets: [...secrets] }
}

function callerFiles(draft: Draft, path: Path): readonly string[] {
  const keys = draft.pick([...path, 'api_keys'], callerSchema.shape.api_keys)
  const jwks = draft.pick([...path, 'jwt', 'jwks'], jwksSchema)
  const ofJwks = jwks === undefined ? undefined : 'file' in jwks ? jwks.file : jwks.ca_file
  return [keys === 'store' ? undefined : keys, ofJwks].filter((file) => file !== undefined)
}

function credentialFiles(credential: WrittenCredential | undefined): readonly string[] {
  if (typeof credential !== 'object') return []
  if ('file' in credential) return [credential.file]
  if ('google' in credential) return credential.google === 'default' ? [] : [credential.google.file]
  const secret = 'entra' in credential && credential.entra !== 'default' ? credential.entra.client_secret : undefined
  return secret !== undefined && 'file' in secret ? [secret.file] : []
}
