import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRateLimitFile } from './parse-rate-limit-file.ts'

function parse(text: string, denyAtLimitDefault = true) {
  return parseRateLimitFile({ text, fileName: 'limits.yaml', denyAtLimitDefault })
}

/** `line:column message` of each problem, or of each warning when the file is accepted. */
function said(text: string): readonly string[] {
  const parsed = parse(text)
  return (parsed.ok ? parsed.warnings : parsed.problems).map(({ message, line, column }) => `${String(line)}:${String(column)} ${message}`)
}

function rulesOf(text: string, denyAtLimitDefault = true) {
  const parsed = parse(text, denyAtLimitDefault)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return parsed.rules
}

const notUint32 = 'it must be a whole number from 0 to 4294967295, without quotes'
const limit = 'rate_limit: {unit: hour, requests_per_unit: 1}'

describe('parseRateLimitFile', () => {
  it('lists the key paths that end at a rule, in file order, once each', () => {
    const { keyPaths, domain } = rulesOf(`domain: d
descriptors:
  - {key: user, ${limit}, descriptors: [{key: model, value: a, ${limit}}, {key: model, value: b, ${limit}}]}
  - {key: team, descriptors: [{key: model, ${limit}}]}
  - {key: user, value: gold, ${limit}}
  - {key: free, rate_limit: {unlimited: true}}
  - {key: nothing}`)
    assert.equal(domain, 'd')
    assert.deepEqual(keyPaths, [['user'], ['user', 'model'], ['team', 'model'], ['free']])
  })

  it('keeps everything that a rule says', () => {
    const { root } = rulesOf(`domain: d
descriptors:
  - key: k
    value: x*
    shadow_mode: true
    quota_mode: yes
    detailed_metric: on
    value_to_metric: true
    share_threshold: true
    metadata: {tier: gold, count: 010, y: [1.5, ~, {deep: no}]}
    rate_limit: {unit: WEEK, requests_per_unit: 7, name: n1, replaces: [{name: n2}]}
  - {key: other, rate_limit: {unit: day, requests_per_unit: 1, name: n2}}`)
    const node = root.exact.get('k_x*')
    assert.deepEqual(node?.rule, {
      unit: 'week',
      requestsPerUnit: 7,
      unlimited: false,
      name: 'n1',
      replaces: ['n2'],
      shadowMode: true,
      quotaMode: true,
      denyAtLimit: true,
      statName: 'd.k_x*',
      detailedMetric: true,
      metadata: { tier: 'gold', count: 8, true: [1.5, null, { deep: false }] },
    })
    assert.deepEqual([node?.sharedPattern, node?.valueToMetric, root.patterns.map(({ text }) => text)], ['k_x*', true, ['k_x*']])
  })

  it('lets metadata.tollgate.deny_at_limit decide for its rule, and the default for the others', () => {
    const text = `domain: d
descriptors:
  - {key: at, ${limit}, metadata: {tollgate: {deny_at_limit: true}}}
  - {key: above, ${limit}, metadata: {tollgate: {deny_at_limit: false}}}
  - {key: default, ${limit}}`
    for (const byDefault of [true, false]) {
      const rules = rulesOf(text, byDefault)
      const decided = ['at', 'above', 'default'].map((key) => rules.root.exact.get(key)?.rule?.denyAtLimit)
      assert.deepEqual(decided, [true, false, byDefault])
      assert.equal(rules.denyAtLimit, byDefault)
    }
  })

  const refused: readonly (readonly [text: string, ...problems: string[]])[] = [
    ['', '1:1 config file cannot have empty domain (limits.yaml is empty)'],
    ['descriptors: []', '1:1 config file cannot have empty domain'],
    ['domain: ~', '1:9 config file cannot have empty domain'],
    ['domain: {key: x}', '1:9 error loading config file: yaml: unmarshal errors: cannot unmarshal !!map into string (it must be text)'],
    ['domain: 1.5', '1:9 error checking config: 1.5 is a number that is not an integer of 64 bits; if it is meant as text, put it in quotes'],
    [
      'domain: d\ndescriptors: [a, ~]',
      '2:15 config error, yaml file contains list of type other than map: a',
      '2:18 config error, yaml file contains list of type other than map: <nil>',
    ],
    ['domain: d\n0.25: x', '2:1 config error, key is not of type string: 0.25'],
    ['domain: d\ndescriptor: []', "2:1 config error, unknown key 'descriptor' (known here: domain, descriptors)"],
    [
      `domain: d\ndescriptors: [{key: k, rate_limit: {unit: hour, request_per_unit: 1}}]`,
      "2:49 config error, unknown key 'request_per_unit' (known here: unit, requests_per_unit, unlimited, name, replaces)",
    ],
    [
      `domain: d\ndescriptors: [{key: k, share_threshold: true, ${limit}}]`,
      "2:41 share_threshold can only be used with wildcard values (containing '*'), but found key 'k'",
    ],
    [`domain: d\ndescriptors: [{key: k, ${limit}}, {key: k}]`, "2:79 duplicate descriptor composite key 'd.k'"],
    [
      `domain: d\ndescriptors: [{key: k, metadata: {tollgate: {deny_at_limits: true}}}]`,
      '2:34 metadata.tollgate must be {deny_at_limit: true} or {deny_at_limit: false}',
    ],
    ['domain: d\ndescriptors: &a [*a]', '2:18 error loading config file: yaml: nested too deeply, or an anchor contains itself'],
    ['domain: [1, 2', '1:14 error loading config file: yaml: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ]
  for (const [text, ...problems] of refused) {
    it(`refuses ${JSON.stringify(text).slice(0, 90)}`, () => {
      assert.equal(parse(text).ok, false)
      assert.deepEqual(said(text), problems)
    })
  }

  it('says everything that is wrong at once, in file order', () => {
    assert.deepEqual(
      said(`domain: d
descriptors:
  - value: v
  - key: k
    rate_limit: {unit: fortnight, requests_per_unit: -1}
    descriptors:
      - {key: deep, shadow_mode: "yes", rate_limit: {unlimited: true, unit: day}}
  - {key: r, rate_limit: {unit: hour, requests_per_unit: "5", name: n, replaces: [{name: n}, {name: ''}, {}]}}`),
      [
        '3:5 descriptor has empty key',
        "5:24 invalid rate limit unit 'fortnight' (allowed: second, minute, hour, day, week, month, year)",
        `5:54 error loading config file: yaml: unmarshal errors: cannot unmarshal !!int \`-1\` into uint32 (${notUint32})`,
        '7:34 error loading config file: yaml: unmarshal errors: cannot unmarshal !!str `yes` into bool (it must be true or false, without quotes)',
        '7:77 should not specify rate limit unit when unlimited',
        `8:58 error loading config file: yaml: unmarshal errors: cannot unmarshal !!str \`5\` into uint32 (${notUint32})`,
        '8:90 replaces should not contain name of same descriptor',
        '8:101 should not have an empty replaces entry',
        '8:106 should not have an empty replaces entry',
      ],
    )
  })

  it('warns of what the original accepts and does nothing with', () => {
    assert.deepEqual(
      said(`domain: d
descriptors:
  - key: k
    unit: day
    rate_limit: {unit: hour, requests_per_unit: 1, shadow_mode: true, replaces: [{name: ghost}]}
  - {key: zero, rate_limit: {unit: hour}}
  - {key: twice, key: once}
---
domain: ignored`),
      [
        "4:5 'unit' does nothing in a descriptor; it belongs in rate_limit",
        "5:52 'shadow_mode' does nothing in rate_limit; it belongs in a descriptor",
        "5:89 replaces 'ghost', but no rate_limit of this file has that name",
        '6:29 rate_limit without requests_per_unit: the limit is 0, so every hit is refused',
        "7:18 'key' is there twice; the last one counts",
        '8:1 only the first YAML document of a file is read, everything from here on is ignored',
      ],
    )
  })

  it('does not unfold aliases without end', () => {
    const lines = ['domain: d', 'x0: &x0 {metadata: {a: b}}']
    for (let level = 1; level < 30; level += 1) lines.push(`x${String(level)}: &x${String(level)} {metadata: [*x${String(level - 1)}, *x${String(level - 1)}]}`)
    assert.match(said(lines.join('\n'))[0] ?? '', /document contains excessive aliasing/)
  })
})
