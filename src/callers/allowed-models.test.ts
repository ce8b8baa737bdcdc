import assert from 'node:assert/strict'
import { it } from 'node:test'
import { mayUseModel, refuseModel } from './allowed-models.ts'
import type { Caller } from './caller.ts'

const caller = (...allowLists: readonly (readonly string[])[]): Caller => ({ attributes: new Map(), allowLists })

it('a caller may use what every one of his lists names', () => {
  assert.ok(mayUseModel(caller(), 'any'))
  assert.ok(mayUseModel(caller(['gpt-4o*', 'claude']), 'gpt-4o-mini') && mayUseModel(caller(['gpt-4o*', 'claude']), 'claude'))
  assert.ok(mayUseModel(caller(['*'], ['*mini']), 'gpt-4o-mini'))
  assert.ok(!mayUseModel(caller(['*'], ['*mini']), 'gpt-4o'))
  assert.ok(!mayUseModel(caller([]), 'any'))
})

it('a pattern is the whole name, and only * is special', () => {
  for (const [pattern, model] of [['gpt-4o', 'gpt-4o-mini'], ['gpt-4o', 'my-gpt-4o'], ['gpt-4.1', 'gpt-4x1'], ['a|b', 'a'], ['GPT', 'gpt'], ['[a-z]*', 'gpt']] as const) {
    assert.ok(!mayUseModel(caller([pattern]), model), `${pattern} ${model}`)
  }
  assert.ok(mayUseModel(caller(['meta/*(v1)+']), 'meta/llama(v1)+'))
})

it('the refusal names the model', () => {
  assert.throws(() => refuseModel(caller(['a']), 'gpt-4o'), { code: 'model_not_allowed', httpStatus: 403, param: 'model', message: /"gpt-4o"/ })
})
