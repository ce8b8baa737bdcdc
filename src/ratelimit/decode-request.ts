// envoy.service.ratelimit.v3.RateLimitRequest from the wire. Field numbers: envoy/service/ratelimit/v3/rls.proto and
// envoy/extensions/common/ratelimit/v3/ratelimit.proto. Unknown fields are skipped.

import { isUtf8 } from 'node:buffer'
import type { ProtoReader } from '../core/protobuf-wire.ts'
import { lengthTag, ProtoReader as Reader, varintTag, WireError } from '../core/protobuf-wire.ts'
import type { Descriptor, DescriptorEntry, LimitOverride, RateLimitRequest } from './messages.ts'

const request = { domain: lengthTag(1), descriptors: lengthTag(2), hitsAddend: varintTag(3) } as const
const descriptor = { entries: lengthTag(1), limit: lengthTag(2), hitsAddend: lengthTag(3), isNegativeHits: varintTag(4) } as const
const entry = { key: lengthTag(1), value: lengthTag(2) } as const
const override = { requestsPerUnit: varintTag(1), unit: varintTag(2) } as const
/** google.protobuf.UInt64Value */
const wrapper = { value: varintTag(1) } as const

/** Throws WireError when the bytes are not that message. */
export function decodeRequest(bytes: Buffer): RateLimitRequest {
  const reader = new Reader(bytes)
  let domain = ''
  const descriptors: Descriptor[] = []
  let hitsAddend = 0
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === request.domain) domain = readText(reader)
    else if (tag === request.descriptors) descriptors.push(decodeDescriptor(reader.message()))
    else if (tag === request.hitsAddend) hitsAddend = readUint32(reader)
    else reader.skip()
  }
  return { domain, descriptors, hitsAddend }
}

function decodeDescriptor(reader: ProtoReader): Descriptor {
  const entries: DescriptorEntry[] = []
  let limit: LimitOverride | undefined
  let hitsAddend: bigint | undefined
  let isNegativeHits = false
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === descriptor.entries) entries.push(decodeEntry(reader.message()))
    else if (tag === descriptor.limit) limit = decodeOverride(reader.message())
    else if (tag === descriptor.hitsAddend) hitsAddend = decodeUint64Value(reader.message())
    else if (tag === descriptor.isNegativeHits) isNegativeHits = reader.bool()
    else reader.skip()
  }
  return { entries, limit, hitsAddend, isNegativeHits }
}

function decodeEntry(reader: ProtoReader): DescriptorEntry {
  let key = ''
  let value = ''
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === entry.key) key = readText(reader)
    else if (tag === entry.value) value = readText(reader)
    else reader.skip()
  }
  return { key, value }
}

function decodeOverride(reader: ProtoReader): LimitOverride {
  let requestsPerUnit = 0
  let unitNumber = 0
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === override.requestsPerUnit) requestsPerUnit = readUint32(reader)
    else if (tag === override.unit) unitNumber = reader.int()
    else reader.skip()
  }
  return { requestsPerUnit, unitNumber }
}

function decodeUint64Value(reader: ProtoReader): bigint {
  let value = 0n
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === wrapper.value) value = reader.uint64()
    else reader.skip()
  }
  return value
}

/** Two different texts that are not UTF-8 would become one counter, so they are refused, as protobuf asks. */
function readText(reader: ProtoReader): string {
  const bytes = reader.bytes()
  if (!isUtf8(bytes)) throw new WireError('string field contains invalid UTF-8')
  return bytes.toString('utf8')
}

/** Higher bits are dropped, as protobuf does with a uint32. */
function readUint32(reader: ProtoReader): number {
  return Number(BigInt.asUintN(32, reader.uint64()))
}
