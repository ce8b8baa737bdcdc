// What `npm test` runs, and which part of it an argument names.

import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

const minute = 60_000

/** The steps that are no node:test runs, each counted as one test: [{name, script}] with the package.json script. */
const checks = [
  { name: 'types', script: 'types', timeoutMs: 10 * minute },
  { name: 'lint', script: 'lint', timeoutMs: 10 * minute },
  { name: 'build', script: 'build', timeoutMs: 10 * minute },
]

/** What is played again with `listen.transport: direct`: the books, the load, limits, budgets, fallback, official clients, and how calls end. */
const onDirect = ['exactness', 'resilience', 'limits', 'budgets', 'fallback', 'clients', 'clients-anthropic', 'drain-charges', 'lifecycle-serve', 'workers']

/**
 * The steps for these arguments, in order: all without one; else names (types, lint, build, unit, e2e, e2e-direct), test files, or folders of them. Arguments that begin
 * with --test- go to node. Throws an Error that names what is possible.
 */
export function planSteps(root, wanted) {
  const nodeOptions = wanted.filter((argument) => argument.startsWith('--test-'))
  const names = wanted.filter((argument) => !argument.startsWith('--test-'))
  const steps = [
    ...checks,
    // One process per file; a test that needs the machine to itself belongs to e2e.
    { name: 'unit', files: unitFiles(root), concurrency: 2, timeoutMs: 20 * minute },
    { name: 'e2e', files: testFiles(join(root, 'test', 'e2e')), concurrency: 1, timeoutMs: 60 * minute },
    { name: 'e2e-direct', files: onDirect.map((name) => join(root, 'test', 'e2e', `${name}.test.ts`)), environment: { TOLLGATE_TEST_TRANSPORT: 'direct' }, concurrency: 1, timeoutMs: 30 * minute },
  ]
  const chosen = names.length === 0 ? steps : names.map((name) => steps.find((step) => step.name === name) ?? fileStep(root, name, steps))
  return chosen.map((step) => (step.files === undefined ? step : { ...step, nodeOptions, files: step.files.map((file) => relative(root, file)) }))
}

function fileStep(root, name, steps) {
  const path = resolve(root, name)
  if (!existsSync(path)) throw new Error(`npm test -- ${name}: expected ${steps.map((step) => step.name).join(', ')}, a test file or a folder of them`)
  const files = statSync(path).isDirectory() ? testFiles(path) : [path]
  return { name, files, concurrency: 1, timeoutMs: 60 * minute }
}

function unitFiles(root) {
  const outside = [join(root, 'test', 'e2e'), join(root, 'test', 'bench')].map((folder) => `${folder}/`)
  const all = [...testFiles(join(root, 'src')), ...testFiles(join(root, 'test'))]
  return all.filter((file) => !outside.some((folder) => file.startsWith(folder)))
}

function testFiles(folder) {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => /\.test\.(ts|mjs)$/.test(name))
    .sort()
    .map((name) => join(folder, name))
}
