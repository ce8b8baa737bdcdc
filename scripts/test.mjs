// `npm test`: installs what is missing, runs every check, and closes with one line of counts.
// `npm test -- unit`, `-- e2e`, `-- src/core` or `-- path/to/file.test.ts` runs a part.

import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPackages } from './install-packages.mjs'
import { canFindLeftovers } from './leftover-processes.mjs'
import { endRunningStep, runStep } from './run-step.mjs'
import { tapCounts } from './tap-counts.mjs'
import { planSteps } from './test-steps.mjs'
import { ensureEnvoy, ensureNode24, ensureRedis, envoyVariable, findEnvoy } from './tools.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// The tests of one run put their files here, whatever they forget to remove.
const temporary = mkdtempSync(join(tmpdir(), 'tollgate-test-'))
const totals = { passed: 0, failed: 0, skipped: 0 }
let isInterrupted = false

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    isInterrupted = true
    void endRunningStep().finally(() => finish(130))
  })
}

try {
  await main()
} catch (thrown) {
  process.stderr.write(`\n${thrown.name === 'InstallError' || thrown.name === 'Error' ? thrown.message : thrown.stack}\n`)
  totals.failed += 1
}
// After Ctrl-C the counts say nothing; the handler of the signal ends the process.
if (!isInterrupted) {
  summary()
  finish(totals.failed === 0 ? 0 : 1)
}

async function main() {
  const steps = planSteps(root, process.argv.slice(2))
  installPackages(root)
  const environment = { ...process.env, TMPDIR: temporary, TOLLGATE_TEST_RUN: randomUUID() }
  if (steps.some((step) => step.files !== undefined)) Object.assign(environment, await toolEnvironment())
  for (const step of steps) {
    if (isInterrupted) return
    heading(step.name)
    if (step.files === undefined) await runCheck(step, environment)
    else await runTests(step, environment)
  }
}

// What the tests are told about the programs they need.
async function toolEnvironment() {
  heading('tools')
  const envoy = await ensureEnvoy({ version: '1.40.0', exactly: true })
  const older = await ensureEnvoy({ version: '1.38.3', exactly: true })
  const oldest = await findEnvoy({ version: '1.37.0' })
  const redis = await ensureRedis()
  const node24 = await ensureNode24()
  if (node24.skipped !== undefined) process.stdout.write(`Node 24: skipped, ${node24.skipped}\n`)
  const tools = {
    [envoyVariable('1.40.0')]: envoy.path,
    [envoyVariable('1.38.3')]: older.path,
    ...(oldest === undefined ? {} : { [envoyVariable('1.37.0')]: oldest.path }),
    ENVOY_BIN: process.env.ENVOY_BIN || envoy.path,
    REDIS_SERVER_BIN: redis,
    ...(node24.path === undefined ? {} : { NODE24_BIN: node24.path }),
  }
  for (const [name, path] of Object.entries(tools)) process.stdout.write(`${name}=${path}\n`)
  return tools
}

async function runCheck(step, environment) {
  const result = await runStep({ program: 'npm', programArguments: ['run', '--silent', step.script], environment, directory: root, timeoutMs: step.timeoutMs })
  if (result.exitCode === 0) totals.passed += 1
  else totals.failed += 1
  close(step, result, result.exitCode === 0 ? 'ok' : 'FAILED')
}

async function runTests(step, environment) {
  if (step.files.length === 0) {
    process.stdout.write('There is no test here: that is a failure.\n')
    totals.failed += 1
    return
  }
  const tapPath = join(temporary, `${step.name.replaceAll('/', '-')}.tap`)
  const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout', '--test-reporter=tap', `--test-reporter-destination=${tapPath}`]
  const programArguments = ['--import', 'tsx', '--test', `--test-concurrency=${step.concurrency}`, ...reporters, ...step.nodeOptions, ...step.files]
  const result = await runStep({ program: process.execPath, programArguments, environment: { ...environment, ...step.environment }, directory: root, timeoutMs: step.timeoutMs })
  const counts = readCounts(tapPath)
  totals.passed += counts.passed
  totals.skipped += counts.skipped
  // A run that failed without a failed test has crashed.
  const failed = Math.max(counts.failed, result.exitCode === 0 && counts.passed + counts.skipped > 0 ? 0 : 1)
  totals.failed += failed
  close(step, result, failed === 0 ? `${counts.passed} passed` : `${failed} FAILED`)
}

function readCounts(tapPath) {
  try {
    return tapCounts(readFileSync(tapPath, 'utf8')) ?? { passed: 0, failed: 1, skipped: 0 }
  } catch (thrown) {
    if (thrown.code === 'ENOENT') return { passed: 0, failed: 1, skipped: 0 }
    throw thrown
  }
}

function close(step, result, verdict) {
  process.stdout.write(`${step.name}: ${verdict} in ${result.seconds.toFixed(1)} s\n`)
  if (result.leftovers.length === 0) return
  totals.failed += 1
  process.stdout.write(`${step.name}: left these processes behind (ended now), which is a failure:\n`)
  for (const { pid, command } of result.leftovers) process.stdout.write(`  ${pid} ${command}\n`)
}

function heading(name) {
  process.stdout.write(`\n== ${name} ==\n`)
}

function summary() {
  if (!canFindLeftovers) process.stdout.write('\nNo /proc here: leftover processes were not looked for.\n')
  process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed${totals.skipped === 0 ? '' : `, ${totals.skipped} skipped`}\n`)
}

function finish(exitCode) {
  rmSync(temporary, { recursive: true, force: true })
  process.exit(exitCode)
}
