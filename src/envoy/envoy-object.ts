// The shape of what is rendered: plain JSON values, which Envoy reads as the proto3 JSON form of its messages.

export type EnvoyValue = string | number | boolean | readonly EnvoyValue[] | EnvoyObject

export interface EnvoyObject {
  readonly [key: string]: EnvoyValue
}

/** A message in an Any field: its fields with the type URL in front. `type` is the full proto name. */
export function typedConfig(type: string, fields: EnvoyObject = {}): EnvoyObject {
  return { '@type': `type.googleapis.com/${type}`, ...fields }
}

/** A named extension: `{name, typed_config}`. */
export function extension(name: string, type: string, fields: EnvoyObject = {}): EnvoyObject {
  return { name, typed_config: typedConfig(type, fields) }
}

/** Milliseconds as a protobuf duration in its JSON form, `1.5s`. */
export function duration(milliseconds: number): string {
  return `${milliseconds / 1000}s`
}
