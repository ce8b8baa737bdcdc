// grpc.health.v1: how Envoy, Kubernetes and grpc_health_probe ask whether we may be sent traffic (protos/grpc/health/v1/health.proto).

import { lengthTag, ProtoReader, WireError } from '../core/protobuf-wire.ts'
import { ProtoWriter } from '../core/protobuf-writer.ts'
import { type GrpcCall, type GrpcCallHandler, type GrpcRoutes, grpcStatus } from '../core/transport.ts'

const CHECK_METHOD = '/grpc.health.v1.Health/Check'
const WATCH_METHOD = '/grpc.health.v1.Health/Watch'
const REQUEST_SERVICE = lengthTag(1)
const RESPONSE_STATUS = 1
const STATUS = { serving: 1, notServing: 2, serviceUnknown: 3 } as const

export interface HealthOptions {
  /** By full service name, '' being the whole server; undefined for a service that is not known. */
  readonly isServing: (service: string) => boolean | undefined
}

/** The two methods, and a way to tell their watchers. */
export interface HealthRoutes extends GrpcRoutes {
  /** Asks `isServing` again for everybody who watches and sends what has changed. Without it, watchers learn of nothing. */
  readonly changed: () => void
}

/** Routes for startGrpcServer, which may be shared by several servers. */
export function createHealthRoutes({ isServing }: HealthOptions): HealthRoutes {
  /** One for each open Watch call. */
  const watchers = new Set<() => void>()
  const routes = new Map([
    [CHECK_METHOD, (call: GrpcCall) => openCheck(call, isServing)],
    [WATCH_METHOD, (call: GrpcCall) => openWatch(call, isServing, watchers)],
  ])
  return Object.assign(routes, {
    changed: () => {
      for (const tell of watchers) tell()
    },
  })
}

function openCheck(call: GrpcCall, isServing: HealthOptions['isServing']): GrpcCallHandler {
  return {
    onMessage: (message) => {
      const service = readService(call, message)
      if (service === undefined) return
      const serving = isServing(service)
      if (serving === undefined) return call.end({ code: grpcStatus.notFound, message: 'This server has no such service.' })
      call.send(encodeStatus(serving ? STATUS.serving : STATUS.notServing))
      call.end()
    },
    onHalfClose: () => endEmpty(call),
    onClose: () => undefined,
  }
}

function openWatch(call: GrpcCall, isServing: HealthOptions['isServing'], watchers: Set<() => void>): GrpcCallHandler {
  let tell: (() => void) | undefined
  return {
    onMessage: (message) => {
      const service = readService(call, message)
      if (service === undefined || tell !== undefined) return
      let told: number | undefined
      tell = () => {
        const serving = isServing(service)
        const status = serving === undefined ? STATUS.serviceUnknown : serving ? STATUS.serving : STATUS.notServing
        if (status !== told) call.send(encodeStatus(status))
        told = status
      }
      watchers.add(tell)
      tell()
    },
    // A watcher half-closes after its one request and goes on listening.
    onHalfClose: () => {
      if (tell === undefined) endEmpty(call)
    },
    onClose: () => {
      if (tell !== undefined) watchers.delete(tell)
    },
  }
}

function endEmpty(call: GrpcCall): void {
  call.end({ code: grpcStatus.invalidArgument, message: 'The request is missing.' })
}

/** The service asked for; ends the call and returns undefined when the request is malformed. */
function readService(call: GrpcCall, message: Buffer): string | undefined {
  try {
    const reader = new ProtoReader(message)
    let service = ''
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      if (tag === REQUEST_SERVICE) service = reader.string()
      else reader.skip()
    }
    return service
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    call.end({ code: grpcStatus.invalidArgument, message: error.message })
    return undefined
  }
}

function encodeStatus(status: number): Buffer {
  const writer = new ProtoWriter(2)
  writer.uint(RESPONSE_STATUS, status)
  return writer.finish()
}
