import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prettyLine } from './pretty-line.ts'

const line = (fields: object): string => prettyLine(JSON.stringify({ level: 30, time: '2026-11-25T03:47:01.363Z', ...fields }))

describe('a log line for people', () => {
  it('says of an exchange what was asked, who served it, what it used, and by whom', () => {
    const fields = { msg: 'exchange', outcome: 'answered', status: 200, model: 'gpt-4o', provider: 'backup', attempts: 2, total_tokens: 17, estimated: false, cost_usd: 0.0000625, duration_ms: 8.5, caller: { user: 'alice', team: 'blue' } }
    assert.equal(line(fields), '03:47:01 200  gpt-4o  → backup (attempt 2)  17 tokens  $0.000063  8.5 ms  user=alice team=blue\n')
  })

  it('says why one was not answered, and marks an estimate', () => {
    const fields = { msg: 'exchange', outcome: 'limited', reason: 'Rate limit reached.', status: 429, model: 'gpt-4o', duration_ms: 4, attempts: 0 }
    assert.equal(line(fields), '03:47:01 429  gpt-4o  4 ms  limited: Rate limit reached.\n')
    assert.match(line({ msg: 'exchange', outcome: 'aborted', total_tokens: 9, estimated: true }), /~9 tokens/)
  })

  it('keeps the fields of every other line, and its level', () => {
    assert.equal(line({ level: 40, msg: 'Careful.', setting: 'store', count: 2 }), '03:47:01 WARN Careful.  setting=store count=2\n')
  })

  it('says which of several processes wrote it', () => {
    assert.equal(line({ level: 50, worker: 3, msg: 'Oops.' }), '03:47:01 [3] ERROR Oops.\n')
  })

  it('leaves alone what is no line of the logger', () => {
    assert.equal(prettyLine('not json\n'), 'not json\n')
  })
})
