import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isLoopbackHost } from './loopback-host.ts'

it('knows this machine from others', () => {
  for (const host of ['127.0.0.1', '127.8.0.1', '127.255.249.199', '::1', '[::1]', 'localhost', 'LOCALHOST', 'llm.localhost']) assert.ok(isLoopbackHost(host), host)
  for (const host of ['', '0.0.0.0', '10.0.0.1', '127.0.0.1.example', '127.0.0.256', '127.0.0.01', '127.1', 'localhost.example', '::', 'x127.0.0.1']) assert.ok(!isLoopbackHost(host), host)
})
