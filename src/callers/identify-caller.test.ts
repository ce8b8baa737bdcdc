import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { certificateSource, headerSource, jwtSource, keySource } from '../../test/support/caller-sources.ts'
import type { CallerSource } from '../config/runtime-config.ts'
import { Headers } from '../core/headers.ts'
import { hashApiKey } from './api-key.ts'
import { anonymousCaller, type Caller } from './caller.ts'
import { identifyCaller } from './identify-caller.ts'
import { JWT_FAILURE_SUFFIX, JWT_NAMESPACE } from './jwt.ts'
import type { KeyRecord } from './key-record.ts'
import type { Claims } from './read-claims.ts'

const key = `tg-0123456789-${'a'.repeat(40)}`
const record: KeyRecord = { id: '0123456789', hash: hashApiKey(key), attributes: new Map([['user', 'alice'], ['undeclared', 'x']]), models: undefined, createdAtMs: 0, expiresAtMs: undefined, revokedAtMs: undefined }
const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkb3JhIn0.c2lnbmF0dXJl'
const claims = { [jwtSource.issuer]: { iss: jwtSource.issuer, sub: 'dora', org: { team: 'blue' } } }

interface Request {
  readonly headers?: Readonly<Record<string, string>>
  readonly attributes?: Readonly<Record<string, string>>
  readonly metadata?: Claims
  readonly record?: KeyRecord | undefined
  readonly nowMs?: number
}

function identify(sources: readonly CallerSource[], { headers = {}, attributes = {}, metadata, nowMs = 1_000, ...rest }: Request): Caller | Promise<Caller> {
  const known = 'record' in rest ? rest.record : record
  const evidence = { headers: Headers.from(headers), attributes: new Map(Object.entries(attributes)), metadata: (name: string) => (name === JWT_NAMESPACE ? metadata : undefined) }
  return identifyCaller(sources, evidence, { keys: { find: (_place, hash) => (known?.hash === hash ? known : undefined) }, nowMs })
}

/** Where nothing has to be waited for. */
function identifyNow(sources: readonly CallerSource[], request: Request): Caller {
  const caller = identify(sources, request)
  if (caller instanceof Promise) throw new Error('it had to be waited for')
  return caller
}

const bearer = (credential: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${credential}` })

describe('the caller', () => {
  it('is anybody where nobody asks', () => {
    assert.equal(identify([], { headers: bearer('anything') }), anonymousCaller)
  })

  it('is who the key says, as far as the configuration knows the attributes, at once', () => {
    const found = identify([{ ...keySource, models: ['gpt-*'] }], { headers: bearer(key), record: { ...record, models: ['*mini'] } })
    assert.deepEqual(found, { attributes: new Map([['user', 'alice'], ['key_id', '0123456789']]), allowLists: [['gpt-*'], ['*mini']] })
  })

  it('may have to be waited for', async () => {
    const keys = { find: async () => record }
    const found = identifyCaller([keySource], { headers: Headers.from({ 'x-api-key': key }), attributes: new Map(), metadata: () => undefined }, { keys, nowMs: 0 })
    assert.ok(found instanceof Promise)
    assert.equal((await found).attributes.get('user'), 'alice')
    const missing = identifyCaller([keySource], { headers: Headers.from({ 'x-api-key': key }), attributes: new Map(), metadata: () => undefined }, { keys: { find: async () => undefined }, nowMs: 0 })
    await assert.rejects(async () => missing, { code: 'caller_unknown' })
  })

  it('is told why a key is not good, and only who has all of it is told more than that', () => {
    const why = (changes: Partial<KeyRecord>, presented = key) => () => identifyNow([keySource], { headers: bearer(presented), record: { ...record, ...changes } })
    assert.throws(why({ revokedAtMs: 1 }), { code: 'caller_unknown', message: 'The API key 0123456789 was revoked.' })
    assert.throws(why({ expiresAtMs: 1_000 }), { code: 'caller_unknown', message: 'The API key 0123456789 expired on 1970-01-01.' })
    assert.equal(why({ expiresAtMs: 1_001 })().attributes.get('user'), 'alice')
    assert.throws(why({ revokedAtMs: 1 }, `${key.slice(0, -1)}b`), { code: 'caller_unknown', message: 'This API key is unknown here.' })
  })

  it('is who the verified token says', () => {
    const found = identify([{ ...jwtSource, modelsClaim: 'models' }], { headers: bearer(token), metadata: claims })
    assert.deepEqual(found, { attributes: new Map([['user', 'dora'], ['team', 'blue']]), allowLists: [[]] })
  })

  it('is nobody by a token that Envoy has not verified, whatever else stands in its metadata', () => {
    const forged: readonly Claims[] = [{}, { [`${jwtSource.issuer}x`]: claims[jwtSource.issuer] }, { [jwtSource.issuer]: { sub: 'dora', iss: 'https://else.example/' } }, { [jwtSource.issuer]: 'dora' }]
    for (const metadata of [undefined, ...forged]) {
      assert.throws(() => identify([jwtSource, headerSource], { headers: { ...bearer(token), 'x-user-id': 'dora' }, ...(metadata === undefined ? {} : { metadata }) }), { code: 'caller_unknown' })
    }
    const failure = (message: string) => ({ [`${jwtSource.issuer}${JWT_FAILURE_SUFFIX}`]: { code: 1, message } })
    assert.throws(() => identify([jwtSource], { headers: bearer(token), metadata: failure('Jwt is expired') }), { message: 'The token was not accepted: Jwt is expired.' })
    assert.throws(() => identify([jwtSource], { headers: bearer(token), metadata: failure('Jwks remote fetch is failed') }), { code: 'callers_unavailable' })
  })

  it('is that of the first source that can tell', () => {
    const attributes = { 'connection.uri_san_peer_certificate': 'spiffe://test/carol' }
    const all = { headers: { ...bearer(key), 'x-user-id': 'bob' }, attributes }
    const who = (...sources: readonly CallerSource[]): unknown => identifyNow(sources, all).attributes.get('user')
    assert.deepEqual(
      [who(keySource, certificateSource, headerSource), who(certificateSource, keySource), who(headerSource, keySource), who(headerSource)],
      ['alice', 'spiffe://test/carol', 'bob', 'bob'],
    )
    assert.equal(identifyNow([keySource, certificateSource], { attributes }).attributes.get('user'), 'spiffe://test/carol')
    const withToken = { headers: bearer(token), metadata: claims, attributes }
    assert.equal(identifyNow([keySource, certificateSource, jwtSource], withToken).attributes.get('user'), 'spiffe://test/carol')
  })

  it('must have good credentials even where another source comes first', () => {
    assert.throws(() => identify([headerSource, keySource], { headers: { ...bearer(key), 'x-user-id': 'bob' }, record: undefined }), { code: 'caller_unknown' })
    assert.throws(() => identify([headerSource, keySource], { headers: { ...bearer('unused'), 'x-user-id': 'bob' } }), { code: 'caller_unknown', message: /authorization is unknown here: it must be an API key/ })
  })

  it('may have one credential', () => {
    const sources = [keySource, jwtSource, { ...jwtSource, issuer: 'https://else.example/' }]
    const two = { ...claims, 'https://else.example/': { iss: 'https://else.example/', sub: 'eve' } }
    assert.throws(() => identify(sources, { headers: bearer(token), metadata: two }), { code: 'caller_ambiguous' })
    assert.throws(() => identify(sources, { headers: bearer(key), metadata: claims }), { code: 'caller_ambiguous' })
    assert.throws(() => identify(sources, { headers: { ...bearer(key), 'x-api-key': token }, metadata: claims }), { code: 'caller_ambiguous' })
  })

  it('is asked for what the configuration takes', () => {
    assert.throws(() => identify([keySource, jwtSource, certificateSource, headerSource], {}), {
      code: 'caller_missing',
      message: /Send an API key \(.*\), or a token of its issuer \(.*\), or a client certificate, or the header x-user-id\.$/,
    })
  })
})
