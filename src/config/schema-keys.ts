// Which keys the schema knows at a place of tollgate.yaml, for messages about one that it does not know.

import { configJsonSchema } from './json-schema.ts'
import type { Path } from './yaml-source.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Every key that may stand in the mapping at `path`, over all its variants; empty where names are free. */
export function schemaKeys(path: Path): string[] {
  let places: JsonObject[] = variants(configJsonSchema())
  for (const part of path) places = places.flatMap((place) => step(place, part))
  return [...new Set(places.flatMap((place) => Object.keys(object(place['properties']) ?? {})))]
}

function step(place: JsonObject, part: string | number): JsonObject[] {
  const next = typeof part === 'number' ? place['items'] : (object(place['properties'])?.[part] ?? place['additionalProperties'])
  return variants(next)
}

function variants(value: unknown): JsonObject[] {
  const place = object(value)
  if (place === undefined) return []
  const alternatives = place['anyOf'] ?? place['oneOf']
  return Array.isArray(alternatives) ? alternatives.flatMap(variants) : [place]
}

function object(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
