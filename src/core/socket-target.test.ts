import assert from 'node:assert/strict'
import { it } from 'node:test'
import { socketTarget } from './socket-target.ts'

it('takes addresses apart', () => {
  assert.deepEqual(socketTarget('unix:/run/tollgate/admin.sock'), { path: '/run/tollgate/admin.sock' })
  assert.deepEqual(socketTarget('127.0.0.1:9090'), { host: '127.0.0.1', port: 9090 })
  assert.deepEqual(socketTarget('[::1]:9090'), { host: '::1', port: 9090 })
})
