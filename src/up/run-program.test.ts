// Installers must see how a program ended, also when it never began.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from './run-program.ts'

const options = { shown: false, timeoutMs: 60_000 }

test('runProgram: gives the exit code and both outputs', async () => {
  const result = await runProgram(process.execPath, ['-e', 'console.log("out"); console.error("err"); process.exitCode = 3'], options)
  assert.deepEqual([result.exitCode, result.startError, result.output.includes('out'), result.output.includes('err')], [3, undefined, true, true])
})

test('runProgram: says why a program could not be started, and leaves no timer behind', async () => {
  const result = await runProgram('/nonexistent/program', [], options)
  assert.deepEqual(result, { exitCode: undefined, output: '', startError: 'ENOENT' })
  assert.equal(process.getActiveResourcesInfo().includes('Timeout'), false)
})

test('runProgram: kills what takes too long', async () => {
  const result = await runProgram('sleep', ['600'], { ...options, timeoutMs: 20 })
  assert.equal(result.exitCode, undefined)
})
