// A run that leaves processes behind must be found out, whether they stayed in its session or made one of their own.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { canFindLeftovers, findLeftovers } from '../../scripts/leftover-processes.mjs'
import { runStep } from '../../scripts/run-step.mjs'

const skip = canFindLeftovers ? false : 'there is no /proc on this system'

function run(text) {
  const environment = { ...process.env, TOLLGATE_TEST_RUN: randomUUID() }
  return runStep({ program: process.execPath, programArguments: ['-e', text], environment, directory: process.cwd(), timeoutMs: 60_000 })
}
const leave = (detached) => `require('node:child_process').spawn('sleep', ['600'], { detached: ${detached}, stdio: 'ignore' }).unref()`

test('runStep: a clean step has no leftovers', { skip }, async () => {
  const result = await run('process.exitCode = 3')
  assert.deepEqual([result.exitCode, result.leftovers, result.timedOut], [3, [], false])
})

for (const detached of [false, true]) {
  test(`runStep: finds and ends a process left behind, ${detached ? 'in a session of its own' : 'in the same session'}`, { skip }, async () => {
    const { exitCode, leftovers } = await run(leave(detached))
    assert.equal(exitCode, 0)
    assert.deepEqual(leftovers.map(({ command }) => command), ['sleep 600'])
    const [{ pid }] = leftovers
    assert.equal(findLeftovers({ session: pid, marker: undefined }).length, 0)
  })
}

test('runStep: ends a step that takes too long', { skip }, async () => {
  const environment = { ...process.env, TOLLGATE_TEST_RUN: randomUUID() }
  const result = await runStep({ program: 'sleep', programArguments: ['600'], environment, directory: process.cwd(), timeoutMs: 50 })
  assert.deepEqual([result.timedOut, result.leftovers.length], [true, 0])
  assert.notEqual(result.exitCode, 0)
})
