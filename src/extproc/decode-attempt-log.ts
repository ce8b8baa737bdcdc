// envoy.service.accesslog.v3.StreamAccessLogsMessage: the attempts that came to nothing, as the router logs them. Field numbers are from
// Envoy's published protocol (envoyproxy.io, "data/accesslog/v3"); what is filled in for an attempt was seen on 1.37–1.40.

import { lengthTag, ProtoReader, varintTag } from '../core/protobuf-wire.ts'

export interface LoggedAttempt {
  /** The custom tag that the rendered configuration makes of the endpoint's metadata; undefined: no host was chosen. */
  readonly provider: string | undefined
  /** Undefined when no answer came. */
  readonly status: number | undefined
  readonly failure: 'connect_failure' | 'reset' | 'timeout' | undefined
  /** The response headers that the configuration asks for; lower-case names. */
  readonly headers: ReadonlyMap<string, string>
}

/** The attempts of one message. Throws WireError when it is not protobuf. */
export function decodeAttemptLog(bytes: Buffer): readonly LoggedAttempt[] {
  const attempts: LoggedAttempt[] = []
  for (const logs of messages(new ProtoReader(bytes), 2)) for (const entry of messages(logs, 1)) attempts.push(readEntry(entry))
  return attempts
}

function readEntry(entry: ProtoReader): LoggedAttempt {
  let provider: string | undefined
  let failure: LoggedAttempt['failure']
  let status: number | undefined
  const headers = new Map<string, string>()
  for (let tag = entry.next(); tag !== 0; tag = entry.next()) {
    if (tag === lengthTag(1)) ({ provider, failure } = readCommon(entry.message()))
    else if (tag === lengthTag(4)) status = readResponse(entry.message(), headers)
    else entry.skip()
  }
  return { provider, status, failure, headers }
}

/** AccessLogCommon: response_flags = 16, custom_tags = 22. */
function readCommon(common: ProtoReader): Pick<LoggedAttempt, 'provider' | 'failure'> {
  let provider: string | undefined
  let failure: LoggedAttempt['failure']
  for (let tag = common.next(); tag !== 0; tag = common.next()) {
    if (tag === lengthTag(16)) failure = readFlags(common.message())
    else if (tag === lengthTag(22)) {
      const [name, value] = readPair(common.message())
      if (name === PROVIDER_TAG && value !== '') provider = value
    } else common.skip()
  }
  return { provider, failure }
}

/** Name of the custom tag. */
const PROVIDER_TAG = 'provider'

/** ResponseFlags, by field number. */
const failures = new Map<number, NonNullable<LoggedAttempt['failure']>>([
  [varintTag(3), 'timeout'], // upstream_request_timeout
  [varintTag(4), 'reset'], // local_reset
  [varintTag(5), 'reset'], // upstream_remote_reset
  [varintTag(6), 'connect_failure'], // upstream_connection_failure
  [varintTag(7), 'reset'], // upstream_connection_termination
  [varintTag(17), 'timeout'], // stream_idle_timeout, which per_try_idle_timeout sets
  [varintTag(24), 'reset'], // upstream_protocol_error
])

function readFlags(flags: ProtoReader): LoggedAttempt['failure'] {
  let failure: LoggedAttempt['failure']
  for (let tag = flags.next(); tag !== 0; tag = flags.next()) {
    const meaning = failures.get(tag)
    if (meaning === undefined) flags.skip()
    else if (flags.bool()) failure = meaning
  }
  return failure
}

/** HTTPResponseProperties: response_code = 1 (a wrapped integer), response_headers = 4. */
function readResponse(response: ProtoReader, headers: Map<string, string>): number | undefined {
  let status: number | undefined
  for (let tag = response.next(); tag !== 0; tag = response.next()) {
    if (tag === lengthTag(1)) status = readWrapped(response.message())
    else if (tag === lengthTag(4)) headers.set(...readPair(response.message()))
    else response.skip()
  }
  return status
}

function readWrapped(wrapped: ProtoReader): number {
  let value = 0
  for (let tag = wrapped.next(); tag !== 0; tag = wrapped.next()) {
    if (tag === varintTag(1)) value = wrapped.uint()
    else wrapped.skip()
  }
  return value
}

function readPair(pair: ProtoReader): [name: string, value: string] {
  let name = ''
  let value = ''
  for (let tag = pair.next(); tag !== 0; tag = pair.next()) {
    if (tag === lengthTag(1)) name = pair.string()
    else if (tag === lengthTag(2)) value = pair.stringOrLatin1()
    else pair.skip()
  }
  return [name, value]
}

/** The nested messages in one field. */
function* messages(reader: ProtoReader, field: number): Generator<ProtoReader> {
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === lengthTag(field)) yield reader.message()
    else reader.skip()
  }
}
