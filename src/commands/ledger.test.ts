// The commands about the ledger, as a person calls them.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { Command, CommanderError } from 'commander'
import { openLedger } from '../ledger/open-ledger.ts'
import { exampleRow, ledgerClock, ledgerDirectory, ledgerOptions } from '../../test/support/ledger-files.ts'
import { addAuditCommand } from './audit.ts'
import { CommandError } from './command-error.ts'
import { addLedgerCommand } from './ledger.ts'
import { addReconcileCommand } from './reconcile.ts'

const folder = ledgerDirectory()
const directory = join(folder, 'ledger')

before(async () => {
  const clock = ledgerClock()
  const ledger = await openLedger({ ...ledgerOptions(directory), clock })
  ledger.row(exampleRow('a'))
  clock.advance(60_000)
  ledger.row(exampleRow('b', { caller: { user: '=bob\u001b[2J' }, downgradedFrom: undefined, estimated: true, flags: ['estimated', 'total_mismatch'] }))
  await ledger.close()
})

async function run(...words: string[]): Promise<{ stdout: string; stderr: string; failure: CommandError | undefined }> {
  let stdout = ''
  let stderr = ''
  const program = new Command('tollgate').exitOverride().configureOutput({ writeErr: (text) => (stderr += text) })
  const never = new Promise<void>(() => undefined)
  const context = { env: {}, cwd: folder, stdout: (text: string) => (stdout += text), stderr: (text: string) => (stderr += text), isTerminal: false, terminalSize: () => undefined, terminated: never, sleep: () => Promise.resolve() }
  for (const add of [addLedgerCommand, addAuditCommand, addReconcileCommand]) add(program, context)
  for (const command of program.commands.flatMap((each) => [each, ...each.commands])) command.exitOverride().configureOutput({ writeErr: (text) => (stderr += text) })
  const failure = await program.parseAsync([...words, '--ledger', directory], { from: 'user' }).then(
    () => undefined,
    (thrown: unknown) => {
      if (thrown instanceof CommandError) return thrown
      throw thrown
    },
  )
  return { stdout, stderr, failure }
}

describe('tollgate ledger', () => {
  it('prints a table, the newest first, in which nobody can hide', async () => {
    const { stdout, stderr } = await run('ledger')
    const [heading = '', first = '', second = ''] = stdout.split('\n')
    assert.match(heading, /^TIME +WHO +MODEL +PROVIDER +OUTCOME +INPUT +OUTPUT +USD$/)
    assert.match(first, /^2026-03-01T12:00:02Z {2}user=\?*=bob\?\[2J +gpt-4o-mini +openai +answered +1000 +200 +0\.00027 {2}estimated total_mismatch$/)
    assert.match(second, /user=alice team=research +gpt-4o-mini \(for gpt-4o\) +openai/)
    assert.equal(stderr, '')
  })

  it('chooses and counts', async () => {
    assert.match((await run('ledger', '--limit', '1')).stderr, /^The first 1 rows; --limit shows more/)
    assert.equal((await run('ledger', '--where', 'user=alice', '--from', '2026-03-01', '--to', '2026-03-01T12:01:00Z')).stdout.split('\n').length, 3)
    assert.equal((await run('ledger', '--model', 'claude*')).stderr, 'No row is like that.\n')
    await assert.rejects(run('ledger', '--from', 'yesterday'), (error) => error instanceof CommanderError && /Write a day in UTC/.test(error.message))
    await assert.rejects(run('ledger', '--where', 'alice'), /attribute=value/)
  })

  it('writes files that are for their owner', async () => {
    const { stdout, stderr } = await run('ledger', '--format', 'csv', '--oldest-first', '--output', 'rows.csv')
    assert.deepEqual([stdout, stderr], ['', '2 rows in rows.csv.\n'])
    const path = join(folder, 'rows.csv')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.match(readFileSync(path, 'utf8'), /^exchange_id,[^\r]*\r\na,[^\r]*\r\nb,[^\r]*,'=bob/)
    assert.match((await run('ledger', '--format', 'csv', '--output', 'no/such/rows.csv')).failure?.message ?? '', /rows\.csv cannot be written: ENOENT/)
  })

  it('prints JSON lines', async () => {
    const { stdout } = await run('ledger', '--format', 'jsonl', '--id', 'a')
    assert.equal((JSON.parse(stdout) as { exchange_id: string }).exchange_id, 'a')
  })
})

describe('tollgate audit verify', () => {
  it('says what was checked, and what it cannot show', async () => {
    const { stdout, failure } = await run('audit', 'verify')
    assert.equal(failure, undefined)
    assert.match(stdout, /^main +1 +3 +2 +0 +2026-03-01T12:00:00 +2026-03-01T12:01:00 +3 +[0-9a-f]{64}$/m)
    assert.match(stdout, /Every line follows the one before it, and there are no sums to compare yet\./)
    assert.match(stdout, /cannot show:\n.*cut off at the very end[^]*written anew[^]*removed because of their age/)
  })

  it('fails where a line was changed, and names it', async () => {
    const path = join(directory, readdirSync(directory).find((name) => name.endsWith('.jsonl')) ?? '')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace('"outcome":"answered"', '"outcome":"answereD"'))
    const { stdout, failure } = await run('audit', 'verify')
    const { stdout: json } = await run('audit', 'verify', '--json')
    writeFileSync(path, text)
    assert.match(stdout, /^BROKEN .*main-000001\.jsonl:2: its hash does not fit/m)
    assert.doesNotMatch(stdout, /Every line follows/)
    assert.equal(failure?.exitCode, 1)
    assert.match(failure?.message ?? '', /is not as it was written: 1 break\.$/)
    const report = JSON.parse(json) as { ok: boolean; writers: { breaks: { line: number }[] }[] }
    assert.deepEqual([report.ok, report.writers[0]?.breaks[0]?.line], [false, 2])
  })
})

describe('tollgate reconcile', () => {
  const usage = (input: number) => `start_time_iso,model,input_tokens,output_tokens\n2026-03-01T00:00:00+00:00,gpt-4o-mini-2024-07-18,${input},400\n`

  it('says where both agree, and how much of ours is estimated', async () => {
    writeFileSync(join(folder, 'usage.csv'), usage(2010))
    const { stdout, stderr, failure } = await run('reconcile', 'usage.csv')
    assert.equal(failure, undefined)
    assert.match(stdout, /^2026-03-01 {2}gpt-4o-mini-2024-07-18 {2}input +2010 +2000 +-10 +-0\.5 % {2}close, 1 rows of ours are estimates \(\$0\.00027\)\n +output +400 +400 +0 +0\.0 %\n +USD +0\.00054$/m)
    assert.match(stderr, /^Compared with what openai answered; days are UTC\.\n$/)
  })

  it('fails where they differ', async () => {
    writeFileSync(join(folder, 'usage.csv'), usage(2010))
    const { failure, stdout } = await run('reconcile', 'usage.csv', '--tolerance', '0', '--json')
    assert.equal(failure?.exitCode, 1)
    assert.match(failure?.message ?? '', /^1 of 1 differ/)
    assert.equal((JSON.parse(stdout) as { models: { verdict: string }[] }).models[0]?.verdict, 'different')
  })

  it('takes the names of columns', async () => {
    writeFileSync(join(folder, 'other.csv'), 'd,m,a,b\n2026-03-01,gpt-4o-mini,1500,500\n')
    assert.match((await run('reconcile', 'other.csv')).failure?.message ?? '', /other\.csv cannot be read as usage: no column is known to be the date/)
    assert.equal((await run('reconcile', 'other.csv', '--columns', 'date=d,model=m,input=a+b')).failure, undefined)
    await assert.rejects(run('reconcile', 'other.csv', '--columns', 'tokens=a'), /Write date=NAME/)
  })

  it('says which file it cannot read', async () => {
    assert.match((await run('reconcile', 'none.csv')).failure?.message ?? '', /none\.csv cannot be read as usage: ENOENT/)
  })
})

describe('a ledger that is not there', () => {
  it('is said to be so', async () => {
    let failure: unknown
    const program = new Command('tollgate').exitOverride()
    addLedgerCommand(program, { env: {}, cwd: folder, stdout: () => undefined, stderr: () => undefined, isTerminal: false, terminalSize: () => undefined, terminated: Promise.resolve(), sleep: () => Promise.resolve() })
    await program.parseAsync(['ledger', '--ledger', 'elsewhere'], { from: 'user' }).catch((thrown: unknown) => (failure = thrown))
    assert.match(failure instanceof CommandError ? failure.message : '', /There is no ledger in .*elsewhere yet/)
  })
})
