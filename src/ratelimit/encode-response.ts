// envoy.service.ratelimit.v3.RateLimitResponse to the wire. Field numbers: envoy/service/ratelimit/v3/rls.proto.
// Fields that have their default value are left out, as proto3 does.

import { ProtoWriter } from '../core/protobuf-writer.ts'
import type { DescriptorStatus, RateLimitResponse } from './messages.ts'
import { mapUnit } from './window.ts'

const response = { overallCode: 1, statuses: 2, responseHeadersToAdd: 3, rawBody: 5 } as const
const status = { code: 1, currentLimit: 2, limitRemaining: 3, durationUntilReset: 4 } as const
const currentLimit = { requestsPerUnit: 1, unit: 2, name: 3 } as const
const duration = { seconds: 1 } as const
const header = { key: 1, value: 2 } as const
/** RateLimitResponse.Code */
const code = { ok: 1, overLimit: 2 } as const

export function encodeResponse({ overLimit, statuses, responseHeaders, rawBody }: RateLimitResponse): Buffer {
  const writer = new ProtoWriter()
  writer.uint(response.overallCode, overLimit ? code.overLimit : code.ok)
  for (const each of statuses) encodeStatus(writer, each)
  for (const { name, value } of responseHeaders) {
    writer.begin(response.responseHeadersToAdd, name.length + value.length)
    writer.string(header.key, name)
    writer.string(header.value, value)
    writer.end()
  }
  if (rawBody !== '') writer.string(response.rawBody, rawBody)
  return writer.finish()
}

function encodeStatus(writer: ProtoWriter, { overLimit, currentLimit: limit, limitRemaining, resetSeconds }: DescriptorStatus): void {
  writer.begin(response.statuses)
  writer.uint(status.code, overLimit ? code.overLimit : code.ok)
  if (limit !== undefined) {
    writer.begin(status.currentLimit)
    if (limit.requestsPerUnit !== 0) writer.uint(currentLimit.requestsPerUnit, limit.requestsPerUnit)
    writer.uint(currentLimit.unit, mapUnit(limit.unit))
    if (limit.name !== '') writer.string(currentLimit.name, limit.name)
    writer.end()
  }
  if (limitRemaining !== 0) writer.uint(status.limitRemaining, limitRemaining)
  if (resetSeconds !== undefined) {
    writer.begin(status.durationUntilReset)
    writer.uint(duration.seconds, resetSeconds)
    writer.end()
  }
  writer.end()
}
