// The text of a file of keys. It is written as JSON, one key per line, which is YAML as well, parses fast and gives readable diffs.

import { parse } from 'yaml'
import { isObject } from '../core/is-object.ts'
import { decodeKeyRecord, encodeKeyRecord, type KeyRecord } from './key-record.ts'

/** An empty text holds no keys. Throws an Error that says what is wrong with the file. */
export function parseKeyFile(text: string): readonly KeyRecord[] {
  if (text.trim() === '') return []
  const value = parseText(text)
  const keys = isObject(value) ? value['keys'] : undefined
  if (!Array.isArray(keys)) throw new Error('it is no mapping with a list of keys, {"keys": […]}')
  const records = keys.map(decodeKeyRecord)
  refuseTwins(records.map((record) => record.id))
  refuseTwins(records.map((record) => record.hash))
  return records
}

export function formatKeyFile(records: readonly KeyRecord[]): string {
  return `{"keys": [\n${records.map((record) => `  ${JSON.stringify(encodeKeyRecord(record))}`).join(',\n')}\n]}\n`
}

// Somebody may keep the file by hand, as YAML.
function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return parseYaml(text)
  }
}

// The parser's message would repeat a piece of the text.
function parseYaml(text: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    throw new Error('it is neither JSON nor YAML', { cause })
  }
}

// Of two records of one key, one could be revoked and the other not.
function refuseTwins(names: readonly string[]): void {
  if (new Set(names).size < names.length) throw new Error('it has the same key twice')
}
