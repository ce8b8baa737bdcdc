// Adds fields that no .proto file knows to an encoded message and to the messages inside it, as a later Envoy might.

import fc from 'fast-check'
import { fixed32Tag, fixed64Tag, lengthTag, ProtoReader, varintTag } from '../../src/core/protobuf-wire.ts'
import { ProtoWriter } from '../../src/core/protobuf-writer.ts'

/** Numbers of the fields that hold messages → the same for those. */
export interface MessageFields {
  readonly [field: number]: MessageFields
}

const START_GROUP = 3
const END_GROUP = 4

const varint = (value: number): Buffer => {
  const writer = new ProtoWriter()
  writer.uint(1, value)
  return writer.finish().subarray(1)
}

/** One encoded field with a number above all that are in use. */
export const unknownField: fc.Arbitrary<Buffer> = fc
  .record({ field: fc.integer({ min: 100, max: 2 ** 29 - 1 }), kind: fc.constantFrom('varint', 'fixed64', 'length', 'group', 'fixed32'), bytes: fc.uint8Array({ minLength: 8, maxLength: 8 }) })
  .map(({ field, kind, bytes }) => {
    switch (kind) {
      case 'varint':
        return Buffer.concat([varint(varintTag(field)), varint(bytes[0]! * 2 ** 45)])
      case 'fixed64':
        return Buffer.concat([varint(fixed64Tag(field)), bytes])
      case 'length':
        return Buffer.concat([varint(lengthTag(field)), varint(bytes.length), bytes])
      case 'fixed32':
        return Buffer.concat([varint(fixed32Tag(field)), bytes.subarray(0, 4)])
      case 'group':
        return Buffer.concat([varint(field * 8 + START_GROUP), varint(lengthTag(1)), varint(bytes.length), bytes, varint(field * 8 + END_GROUP)])
    }
  })

/** Puts `unknown` before, after and between the fields of the message, and of those inside. */
export function withUnknownFields(bytes: Buffer, messages: MessageFields, unknown: Buffer): Buffer {
  const reader = new ProtoReader(bytes)
  const writer = new ProtoWriter()
  writer.raw(unknown)
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    const field = Math.floor(tag / 8)
    const inner = messages[field]
    if (tag === varintTag(field)) writer.uint64(field, reader.uint64())
    else if (tag === fixed64Tag(field)) writer.double(field, reader.double())
    else if (inner === undefined) writer.bytes(field, reader.bytes())
    else writer.bytes(field, withUnknownFields(reader.bytes(), inner, unknown))
    writer.raw(unknown)
  }
  return writer.finish()
}
