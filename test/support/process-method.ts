// ExternalProcessor.Process as a generic protobuf library knows it from protos/: the oracle for our codec.

import { loadSync } from '@grpc/proto-loader'
import { fileURLToPath } from 'node:url'

const protos = fileURLToPath(new URL('../../protos', import.meta.url))

export interface ProcessMethod {
  readonly requestSerialize: (request: object) => Buffer
  readonly requestDeserialize: (bytes: Buffer) => object
  readonly responseSerialize: (response: object) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => object
}

/** Names as in the files, enums as numbers, absent fields absent. The fields of google.protobuf types are in camelCase in spite of `keepCase`. */
export function loadProcessMethod(): ProcessMethod {
  const loaded = loadSync('envoy/service/ext_proc/v3/external_processor.proto', { includeDirs: [protos], keepCase: true, longs: String, defaults: false })
  // A service definition is a map of its methods; the loader's type does not tell it from a message's.
  const service = loaded['envoy.service.ext_proc.v3.ExternalProcessor'] as unknown as { readonly Process?: ProcessMethod } | undefined
  if (service?.Process === undefined) throw new Error('protos/ has no ExternalProcessor.Process')
  return service.Process
}

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain }

/** A google.protobuf.Struct as the library wants and gives it. */
export function structMessage(struct: { readonly [key: string]: Plain }): object {
  return { fields: Object.fromEntries(Object.entries(struct).map(([key, value]) => [key, valueMessage(value)])) }
}

function valueMessage(value: Plain): object {
  if (value === null) return { nullValue: 0 }
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'number') return { numberValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  // Array.isArray does not narrow a readonly array.
  if (Array.isArray(value)) return { listValue: { values: (value as readonly Plain[]).map(valueMessage) } }
  return { structValue: structMessage(value as { readonly [key: string]: Plain }) }
}
