import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addressHosts, connectAddress, envoyAddress, isIpAddress } from './address.ts'

describe('addresses in Envoy’s form', () => {
  it('makes a pipe of a unix socket and a socket address of host and port, IPv6 without brackets', () => {
    assert.deepEqual(envoyAddress('unix:/run/a.sock'), { pipe: { path: '/run/a.sock' } })
    assert.deepEqual(envoyAddress('127.0.0.1:80'), { socket_address: { address: '127.0.0.1', port_value: 80 } })
    assert.deepEqual(envoyAddress('[::1]:81'), { socket_address: { address: '::1', port_value: 81 } })
  })

  it('connects to loopback where something listens on every interface', () => {
    assert.equal(connectAddress('0.0.0.0:8081'), '127.0.0.1:8081')
    assert.equal(connectAddress('[::]:8081'), '[::1]:8081')
    assert.equal(connectAddress('10.0.0.1:8081'), '10.0.0.1:8081')
    assert.equal(connectAddress('unix:/run/a.sock'), 'unix:/run/a.sock')
  })

  it('tells names, which need DNS, from IP addresses', () => {
    assert.deepEqual(['127.0.0.1', '::1', 'fe80::1', 'localhost', 'a1.example.com', '1.2.3.4.example'].map(isIpAddress), [true, true, true, false, false, false])
    assert.deepEqual([addressHosts('tollgate:8080'), addressHosts('unix:/a')], [['tollgate'], []])
  })
})
