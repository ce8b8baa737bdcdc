// The conformance data of the CEL specification, run through our environment. Every section has a fixed number of passes and every
// failure is on the list with its reason, so that an upgrade of the library that changes anything is seen.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ExprValue } from '@bufbuild/cel-spec/cel/expr/eval_pb.js'
import type { Value } from '@bufbuild/cel-spec/cel/expr/value_pb.js'
import { getConformanceSuite } from '@bufbuild/cel-spec/testdata/tests.js'
import type { IncrementalTestSuite } from '@bufbuild/cel-spec/testdata/tests.js'
import { UnsignedInt } from 'cel-js/evaluator'
import { createCelCompiler } from '../../src/costs/compile-cel.ts'
import { KNOWN_FAILURES, SECTIONS } from './cel-known-failures.ts'
import { plainOfExpected, plainOfOurs } from './cel-values.ts'

type SimpleTest = IncrementalTestSuite['tests'][number]['original']

/** A value, or `error` for whatever does not become one: refused at load or failed at run time. */
function evaluate(test: SimpleTest): string {
  const variables = new Map(Object.keys(test.bindings).map((name) => [name, 'dyn']))
  const context = Object.fromEntries(Object.entries(test.bindings).map(([name, binding]) => [name, convertBinding(binding)]))
  const compiled = createCelCompiler({ variables, refuse: () => undefined })(test.expr)
  if (!compiled.ok) return 'error'
  try {
    return plainOfOurs(compiled.program.run(context))
  } catch {
    return 'error'
  }
}

function convertBinding({ kind }: ExprValue): unknown {
  assert.ok(kind.case === 'value')
  return convertValue(kind.value)
}

function convertValue({ kind }: Value): unknown {
  switch (kind.case) {
    case 'uint64Value':
      return new UnsignedInt(kind.value)
    case 'nullValue':
      return null
    case 'listValue':
      return kind.value.values.map(convertValue)
    case 'mapValue':
      return new Map(kind.value.entries.map(({ key, value }) => [key && convertValue(key), value && convertValue(value)]))
    default:
      return kind.value
  }
}

// undefined: the test is about messages, enums, static types or unknown values, which an expression of ours never meets.
function expectationOf(test: SimpleTest): string | undefined {
  if (test.checkOnly || test.container !== '' || /TestAllTypes|google\.protobuf/.test(test.expr)) return undefined
  const { resultMatcher } = test
  switch (resultMatcher.case) {
    case 'value':
      return plainOfExpected(resultMatcher.value)
    case 'evalError':
    case 'anyEvalErrors':
      return 'error'
    case undefined:
      return 'bool:true'
    default:
      return undefined
  }
}

function* testsOf(suite: IncrementalTestSuite, path: string): Generator<{ path: string; test: SimpleTest }> {
  for (const { original } of suite.tests) yield { path: `${path}/${original.name}`, test: original }
  for (const inner of suite.suites) yield* testsOf(inner, `${path}/${inner.name}`)
}

const known = new Map(KNOWN_FAILURES.flatMap(({ reason, tests }) => tests.map((path) => [path, reason] as const)))

describe('conformance with the CEL specification', () => {
  for (const suite of getConformanceSuite().suites) {
    const passes = SECTIONS.get(suite.name)
    if (passes === undefined) continue
    it(`${suite.name}: ${passes} tests pass, and only the known ones fail`, () => {
      const failed: string[] = []
      let passed = 0
      for (const { path, test } of testsOf(suite, suite.name)) {
        const expected = expectationOf(test)
        if (expected === undefined) continue
        const actual = evaluate(test)
        if (actual === expected) passed += 1
        else failed.push(`${path}${actual === 'error' ? '' : ' (wrong value)'}`)
      }
      const knownHere = [...known.keys()].filter((path) => path.startsWith(`${suite.name}/`))
      assert.deepEqual(failed.toSorted(), knownHere.toSorted())
      assert.equal(passed, passes)
    })
  }

  it('covers every section that a cost could use', () => {
    const names = new Set(getConformanceSuite().suites.map((suite) => suite.name))
    assert.deepEqual([...SECTIONS.keys()].filter((name) => !names.has(name)), [])
  })
})
