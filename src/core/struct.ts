// google.protobuf.Struct (struct.proto), the shape in which Envoy passes dynamic metadata and attributes, as plain values.

import { fixed64Tag, lengthTag, MAX_DEPTH, type ProtoReader, varintTag, WireError } from './protobuf-wire.ts'
import { type ProtoWriter, writeAscii } from './protobuf-writer.ts'

/** A decoded value. Its objects have no prototype, so a key like `constructor` or `__proto__` is a key like any other. */
export type StructValue = string | number | boolean | null | StructValue[] | { [key: string]: StructValue }
/** What can be encoded. */
export type StructInput = string | number | boolean | null | readonly StructInput[] | { readonly [key: string]: StructInput }

const FIELDS = 1
const KEY = 1
const VALUE = 2
const NULL_VALUE = 1
const NUMBER_VALUE = 2
const STRING_VALUE = 3
const BOOL_VALUE = 4
const STRUCT_VALUE = 5
const LIST_VALUE = 6
const VALUES = 1

const fieldsTag = lengthTag(FIELDS)
const keyTag = lengthTag(KEY)
const valueTag = lengthTag(VALUE)
const nullTag = varintTag(NULL_VALUE)
const numberTag = fixed64Tag(NUMBER_VALUE)
const stringTag = lengthTag(STRING_VALUE)
const boolTag = varintTag(BOOL_VALUE)
const structTag = lengthTag(STRUCT_VALUE)
const listTag = lengthTag(LIST_VALUE)
const valuesTag = lengthTag(VALUES)

/** Key and text together: what is around them must fit into lengths of one byte. */
const MAX_SHORT = 100

/** Writes the fields of a Struct into the message that is open in `writer`. Keys whose value is undefined are left out, as in JSON. */
export function encodeStruct(writer: ProtoWriter, struct: { readonly [key: string]: StructInput }): void {
  // The fastest way in V8 where objects have many forms. Nothing is inherited here.
  for (const key in struct) {
    const value = struct[key]
    if (value === undefined) continue
    if (typeof value === 'string' && encodeShortText(writer, key, value)) continue
    writer.begin(FIELDS)
    writer.string(KEY, key)
    writer.begin(VALUE)
    encodeValue(writer, value)
    writer.end()
    writer.end()
  }
}

/** A field with a short ASCII text, as most are, in one go. False, and nothing written, for any other. */
function encodeShortText(writer: ProtoWriter, key: string, text: string): boolean {
  const length = key.length + text.length
  if (length > MAX_SHORT) return false
  const start = writer.claim(length + 8)
  const bytes = writer.buffer
  const valueStart = start + 4 + key.length
  bytes[start] = fieldsTag
  bytes[start + 1] = length + 6
  bytes[start + 2] = keyTag
  bytes[start + 3] = key.length
  bytes[valueStart] = valueTag
  bytes[valueStart + 1] = text.length + 2
  bytes[valueStart + 2] = stringTag
  bytes[valueStart + 3] = text.length
  if (writeAscii(bytes, start + 4, key) && writeAscii(bytes, valueStart + 4, text)) return true
  writer.release(start)
  return false
}

function encodeValue(writer: ProtoWriter, value: StructInput): void {
  if (value === null) writer.uint(NULL_VALUE, 0)
  else if (typeof value === 'string') writer.string(STRING_VALUE, value)
  else if (typeof value === 'number') writer.double(NUMBER_VALUE, value)
  else if (typeof value === 'boolean') writer.bool(BOOL_VALUE, value)
  else if (isList(value)) {
    writer.begin(LIST_VALUE)
    for (const item of value) {
      writer.begin(VALUES)
      encodeValue(writer, item)
      writer.end()
    }
    writer.end()
  } else {
    writer.begin(STRUCT_VALUE)
    encodeStruct(writer, value)
    writer.end()
  }
}

// Array.isArray does not narrow a readonly array.
function isList(value: StructInput): value is readonly StructInput[] {
  return Array.isArray(value)
}

/** Reads a whole Struct. Of a repeated key the last value counts. Throws WireError. */
export function decodeStruct(reader: ProtoReader): { [key: string]: StructValue } {
  return decodeObject(reader, 0)
}

/** Calls `leaf` for every field that holds a string, number or bool, with the value as text; other fields are passed over. Throws WireError. */
export function forEachStructLeaf(reader: ProtoReader, leaf: (key: string, text: string) => void): void {
  forEachField(reader, 0, (key, value) => {
    if (typeof value === 'string') leaf(key, value)
    else if (typeof value === 'number' || typeof value === 'boolean') leaf(key, String(value))
  })
}

function decodeObject(reader: ProtoReader, depth: number): { [key: string]: StructValue } {
  // Object.create returns any.
  const object = Object.create(null) as { [key: string]: StructValue }
  forEachField(reader, depth, (key, value) => {
    object[key] = value
  })
  return object
}

function forEachField(reader: ProtoReader, depth: number, take: (key: string, value: StructValue) => void): void {
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag !== fieldsTag) {
      reader.skip()
      continue
    }
    const entry = reader.message()
    let key = ''
    let value: StructValue = null
    for (let entryTag = entry.next(); entryTag !== 0; entryTag = entry.next()) {
      if (entryTag === keyTag) key = entry.string()
      else if (entryTag === valueTag) value = decodeValue(entry.message(), depth + 1)
      else entry.skip()
    }
    take(key, value)
  }
}

/** Reads a google.protobuf.Value; one that holds nothing is null. */
function decodeValue(reader: ProtoReader, depth: number): StructValue {
  if (depth > MAX_DEPTH) throw new WireError('protobuf: a Struct is nested too deeply')
  let value: StructValue = null
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (tag) {
      case nullTag:
        reader.int()
        value = null
        break
      case numberTag:
        value = reader.double()
        break
      case stringTag:
        value = reader.string()
        break
      case boolTag:
        value = reader.bool()
        break
      case structTag:
        value = decodeObject(reader.message(), depth)
        break
      case listTag:
        value = decodeList(reader.message(), depth)
        break
      default:
        reader.skip()
    }
  }
  return value
}

function decodeList(reader: ProtoReader, depth: number): StructValue[] {
  const list: StructValue[] = []
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === valuesTag) list.push(decodeValue(reader.message(), depth + 1))
    else reader.skip()
  }
  return list
}
