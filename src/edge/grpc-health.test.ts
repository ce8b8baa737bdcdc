import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GrpcCall, type GrpcEnd, grpcStatus } from '../core/transport.ts'
import { createHealthRoutes, type HealthRoutes } from './grpc-health.ts'

const SERVING = Buffer.from([0x08, 1])
const NOT_SERVING = Buffer.from([0x08, 2])
const SERVICE_UNKNOWN = Buffer.from([0x08, 3])

/** A request with this service: field 1, text. */
const request = (service: string) => Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)])

function open(routes: HealthRoutes, method: 'Check' | 'Watch') {
  const sent: Buffer[] = []
  let ended: GrpcEnd | undefined
  const call: GrpcCall = {
    path: `/grpc.health.v1.Health/${method}`,
    metadata: () => undefined,
    send: (message) => sent.push(Buffer.from(message)),
    end: (status = { code: grpcStatus.ok, message: '' }) => {
      ended ??= status
    },
  }
  const handler = routes.get(call.path)?.(call)
  assert.ok(handler)
  return { handler, sent, code: () => ended?.code }
}

function routesWith(states: Record<string, boolean>): HealthRoutes {
  return createHealthRoutes({ isServing: (service) => states[service] })
}

test('answers a check for the server and for a service', () => {
  const routes = routesWith({ '': true, 'a.B': false })
  const whole = open(routes, 'Check')
  whole.handler.onMessage(Buffer.alloc(0))
  assert.deepEqual(whole.sent, [SERVING])
  assert.equal(whole.code(), grpcStatus.ok)
  const one = open(routes, 'Check')
  one.handler.onMessage(request('a.B'))
  assert.deepEqual(one.sent, [NOT_SERVING])
})

test('answers NOT_FOUND to a check for an unknown service', () => {
  const check = open(routesWith({}), 'Check')
  check.handler.onMessage(request('x'))
  assert.deepEqual(check.sent, [])
  assert.equal(check.code(), grpcStatus.notFound)
})

test('refuses a request that is malformed or missing', () => {
  const malformed = open(routesWith({ '': true }), 'Check')
  malformed.handler.onMessage(Buffer.from([0x0a, 9]))
  assert.equal(malformed.code(), grpcStatus.invalidArgument)
  const missing = open(routesWith({ '': true }), 'Watch')
  missing.handler.onHalfClose()
  assert.equal(missing.code(), grpcStatus.invalidArgument)
})

test('tells a watcher the state now and each change, once', () => {
  const states: Record<string, boolean> = {}
  const routes = routesWith(states)
  const watch = open(routes, 'Watch')
  watch.handler.onMessage(request('a'))
  watch.handler.onHalfClose()
  routes.changed()
  states['a'] = true
  routes.changed()
  routes.changed()
  states['a'] = false
  routes.changed()
  assert.deepEqual(watch.sent, [SERVICE_UNKNOWN, SERVING, NOT_SERVING])
  assert.equal(watch.code(), undefined, 'the call stays open')
})

test('tells a watcher nothing after it has gone', () => {
  const states: Record<string, boolean> = { '': true }
  const routes = routesWith(states)
  const watch = open(routes, 'Watch')
  watch.handler.onMessage(Buffer.alloc(0))
  watch.handler.onClose()
  states[''] = false
  routes.changed()
  assert.deepEqual(watch.sent, [SERVING])
})
