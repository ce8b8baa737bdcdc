// Runs one step of the tests in a session of its own, so that everything it starts can be found again, and ended.

import { spawn } from 'node:child_process'
import { endProcesses, findLeftovers } from './leftover-processes.mjs'

const graceMs = 3000
let running

/**
 * Runs a program and resolves with {exitCode, seconds, leftovers, timedOut}. What it writes goes to our own output. `leftovers` are processes that it started
 * and that were still there after it had ended and a grace period; they have been ended by then.
 */
export async function runStep({ program, programArguments, environment, directory, timeoutMs }) {
  const startedAt = performance.now()
  const child = spawn(program, programArguments, { cwd: directory, env: environment, stdio: ['ignore', 'inherit', 'inherit'], detached: true })
  const step = { session: child.pid, marker: environment.TOLLGATE_TEST_RUN }
  running = step
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    process.stderr.write(`\nStill running after ${timeoutMs / 60_000} minutes: ended.\n`)
    void endProcesses(findLeftovers(step), graceMs)
  }, timeoutMs)
  const exitCode = await new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`${program} could not be started: ${error.message}\n`)
      resolve(1)
    })
    child.once('exit', (code) => resolve(code ?? 1))
  })
  clearTimeout(timer)
  const leftovers = await waitForNone(step)
  running = undefined
  await endProcesses(leftovers, graceMs)
  return { exitCode, seconds: (performance.now() - startedAt) / 1000, leftovers, timedOut }
}

/** Ends what the step in progress has started; for Ctrl-C. */
export async function endRunningStep() {
  if (running !== undefined) await endProcesses(findLeftovers(running), graceMs)
}

// A child may outlive its parent by a moment without anything being wrong.
async function waitForNone(step) {
  const deadline = Date.now() + graceMs
  for (;;) {
    const left = findLeftovers(step)
    if (left.length === 0 || Date.now() > deadline) return left
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
