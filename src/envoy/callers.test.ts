import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { certificateSource, headerSource, jwtSource, keySource } from '../../test/support/caller-sources.ts'
import { model, provider, runtimeConfig } from '../../test/support/runtime-config.ts'
import { JWT_FAILURE_SUFFIX, JWT_NAMESPACE } from '../callers/jwt.ts'
import { certificateAttributes as attributesRead } from '../callers/read-certificate.ts'
import type { CallerSource, ListenerTls } from '../config/runtime-config.ts'
import { certificateAttributes, jwtFailureSuffix, jwtNamespace } from './names.ts'
import { renderBootstrap } from './render.ts'

const tls: ListenerTls = { certFile: '/tls.crt', keyFile: '/tls.key', clientCaFile: '/ca.crt' }

function render(callers: readonly CallerSource[], listenerTls?: ListenerTls): string {
  return JSON.stringify(renderBootstrap(runtimeConfig({ models: [model('m', [provider('openai')])], callers, envoy: { tls: listenerTls } })).bootstrap)
}

describe('what Envoy does for callers', () => {
  it('stands under the names by which it is read', () => {
    assert.deepEqual([jwtNamespace, jwtFailureSuffix, certificateAttributes], [JWT_NAMESPACE, JWT_FAILURE_SUFFIX, attributesRead])
  })

  it('is nothing where keys and headers are all there is', () => {
    assert.doesNotMatch(render([keySource, headerSource]), /jwt_authn|peer_certificate|tollgate\.jwks|transport_sockets\.tls/)
  })

  it('is to verify tokens before the request stage, and to ask each server of keys by one cluster', () => {
    const text = render([jwtSource, { ...jwtSource, issuer: 'https://second.example/' }])
    assert.ok(text.indexOf('"name":"envoy.filters.http.jwt_authn"') < text.indexOf('"name":"tollgate.request"'))
    assert.match(text, /"forwarding_namespaces":\{"untyped":\["tollgate\.attempt","envoy\.filters\.http\.jwt_authn"\]\}/)
    assert.equal(text.match(/"name":"tollgate\.jwks\.https\.login\.example\.com\.443"/g)?.length, 1)
    assert.match(text, /"sni":"login\.example\.com","auto_sni_san_validation":true/)
  })

  it('is to demand a certificate, unless a caller may come with something else', () => {
    const required = (callers: readonly CallerSource[]): unknown => /"require_client_certificate":(\w+)/.exec(render(callers, tls))?.[1]
    assert.deepEqual([[certificateSource], [], [keySource], [certificateSource, keySource]].map(required), ['true', 'true', 'true', 'false'])
    assert.equal(/require_client_certificate|trusted_ca/.test(render([], { ...tls, clientCaFile: undefined })), false)
    assert.match(render([certificateSource]), /"request_attributes":\["connection\.uri_san_peer_certificate"\]/)
  })
})
