import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findClaim, readClaims, readModelsClaim } from './read-claims.ts'

describe('claims', () => {
  it('are found by name, nested by dots, and by names that have dots themselves', () => {
    const claims = { sub: 'a', org: { team: 'b', 'unit.name': 'c' }, 'https://example.com/team': 'd', 'x.y': { z: 'e' }, x: { y: 1 } }
    const found = ['sub', 'org.team', 'org.unit.name', 'https://example.com/team', 'x.y.z', 'org.none', 'sub.none', 'none', 'constructor', '__proto__.a'].map((path) => findClaim(claims, path))
    assert.deepEqual(found, ['a', 'b', 'c', 'd', 'e', undefined, undefined, undefined, undefined, undefined])
  })

  it('become attributes as texts; what is not there is left out', () => {
    const paths = new Map([['user', 'sub'], ['level', 'level'], ['staff', 'staff'], ['team', 'org.team'], ['empty', 'empty'], ['nothing', 'nothing']])
    assert.deepEqual(readClaims({ sub: ' alice ', level: 7, staff: false, empty: '', nothing: null }, paths), new Map([['user', 'alice'], ['level', '7'], ['staff', 'false']]))
  })

  it('are refused when they do not name one', () => {
    for (const sub of [['a'], { name: 'a' }, 'a,b', 'ünïcode', 'a\nb', 1.5, 2 ** 53, 'x'.repeat(257)]) {
      assert.throws(() => readClaims({ sub }, new Map([['user', 'sub']])), { code: 'caller_ambiguous' })
    }
  })

  it('list models, or allow none', () => {
    assert.deepEqual(readModelsClaim({ models: ['a', 'b*'] }, 'models'), ['a', 'b*'])
    assert.deepEqual(readModelsClaim({ llm: { models: ' a  b ' } }, 'llm.models'), ['a', 'b'])
    assert.deepEqual(readModelsClaim({}, 'models'), [])
    for (const models of [3, [3], { a: true }]) assert.throws(() => readModelsClaim({ models }, 'models'), { code: 'caller_ambiguous' })
  })
})
