import assert from 'node:assert/strict'
import { test } from 'node:test'
import { workerAddresses } from './worker-address.ts'

test('one process serves where the configuration says', () => {
  assert.deepEqual(workerAddresses('unix:/run/extproc.sock', 1), ['unix:/run/extproc.sock'])
})

test('sockets of several are numbered before the extension, whatever the folder is called', () => {
  assert.deepEqual(workerAddresses('unix:/run/extproc.sock', 3), ['unix:/run/extproc.sock', 'unix:/run/extproc-2.sock', 'unix:/run/extproc-3.sock'])
  assert.deepEqual(workerAddresses('unix:/run/v1.0/extproc', 2), ['unix:/run/v1.0/extproc', 'unix:/run/v1.0/extproc-2'])
})

test('ports of several follow each other, and any port stays any port', () => {
  assert.deepEqual(workerAddresses('[::1]:9998', 3), ['[::1]:9998', '[::1]:9999', '[::1]:10000'])
  assert.deepEqual(workerAddresses('127.0.0.1:0', 2), ['127.0.0.1:0', '127.0.0.1:0'])
})
