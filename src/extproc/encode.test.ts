// What a generic protobuf library reads in our answers is in test/property/extproc-codec.test.ts; here are the bytes that matter.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Action } from '../exchange/action.ts'
import { encodeAction } from './encode.ts'
import type { MessageKind } from '../exchange/messages.ts'

const hex = (bytes: Buffer) => bytes.toString('hex')
const KINDS: readonly MessageKind[] = ['request_headers', 'response_headers', 'request_body', 'response_body', 'request_trailers', 'response_trailers']

test('"go on" is two bytes, the same for every call', () => {
  assert.deepEqual(KINDS.map((kind) => hex(encodeAction(kind, { kind: 'pass' }))), ['0a00', '1200', '1a00', '2200', '2a00', '3200'])
  assert.equal(encodeAction('request_body', { kind: 'pass' }), encodeAction('request_body', { kind: 'pass' }))
  assert.equal(encodeAction('response_headers', { kind: 'pass', headers: { set: {}, remove: [] }, reroute: false, delivery: 'buffered' }), encodeAction('response_headers', { kind: 'pass' }))
})

test('a header is set in raw_value with OVERWRITE_IF_EXISTS_OR_ADD', () => {
  // request_headers { response { header_mutation { set_headers { header { key: "a" raw_value: "b" } append_action: 2 } remove_headers: "c" } } }
  assert.equal(hex(encodeAction('request_headers', { kind: 'pass', headers: { set: { a: 'b' }, remove: ['c'] } })), '0a13' + '0a11' + '120f' + '0a0a' + '0a06' + '0a0161' + '1a0162' + '1802' + '120163')
})

test('an override names both body modes, the request as it is configured', () => {
  // mode_override { request_body_mode: BUFFERED response_body_mode: … }
  assert.match(hex(encodeAction('response_headers', { kind: 'pass', delivery: 'streamed' })), /4a0418022001$/)
  assert.match(hex(encodeAction('response_headers', { kind: 'pass', delivery: 'none' })), /4a0418022000$/)
})

test('an empty body is clear_body', () => {
  assert.equal(hex(encodeAction('response_body', { kind: 'pass', body: Buffer.alloc(0) })), '2206' + '0a04' + '1a02' + '1001')
})

test('details have no spaces', () => {
  const reply: Action = { kind: 'reply', status: 404, headers: {}, body: Buffer.alloc(0), details: 'model not  found' }
  // immediate_response { status { code: 404 } details: "model_not_found" }
  assert.equal(hex(encodeAction('request_body', reply)), '3a16' + '0a03089403' + '2a0f' + Buffer.from('model_not_found').toString('hex'))
})

test('refuses what Envoy would ignore without a word', () => {
  const body = Buffer.from('x')
  const impossible: readonly [MessageKind, Action][] = [
    ['request_headers', { kind: 'pass', body }],
    ['response_trailers', { kind: 'pass', body }],
    ['response_headers', { kind: 'pass', reroute: true }],
    ['response_body', { kind: 'pass', delivery: 'none' }],
    ['response_body', { kind: 'fill', headers: {}, body }],
    ['request_headers', { kind: 'fill', headers: {}, body }],
  ]
  for (const [kind, action] of impossible) assert.throws(() => encodeAction(kind, action), new RegExp(`in answer to ${kind}`))
})
