// The commands about prices, as a person calls them.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import { loadConfig } from '../config/load.ts'
import { parseRateLimitFile } from '../ratelimit/parse-rate-limit-file.ts'
import { CommandError } from './command-error.ts'
import { addPricesCommand } from './prices.ts'

const folder = mkdtempSync(join(tmpdir(), 'tollgate-prices-'))
after(() => rmSync(folder, { recursive: true }))
const litellm = fileURLToPath(new URL('../../test/fixtures/prices/litellm.json', import.meta.url))
const portkey = fileURLToPath(new URL('../../test/fixtures/prices/portkey/anthropic.json', import.meta.url))
const configured = `
providers:
  main: {api: openai, url: https://api.openai.com, credential: {env: OPENAI_API_KEY}}
  claude: {api: anthropic, credential: {env: ANTHROPIC_API_KEY}}
models:
  fast: {providers: [{use: main, model: gpt-4o-mini}]}
  good: {providers: [{use: main, model: gpt-4o}, {use: claude, model: claude-sonnet-4-5}]}
prices:
  main: {gpt-4o: {input: 2.50, output: 12}}
`
const config = join(folder, 'tollgate.yaml')
writeFileSync(config, configured)

async function run(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  let stdout = ''
  let stderr = ''
  const program = new Command('tollgate').exitOverride().configureOutput({ writeErr: (text) => (stderr += text) })
  const never = new Promise<void>(() => undefined)
  addPricesCommand(program, { env: {}, cwd: folder, stdout: (text) => (stdout += text), stderr: (text) => (stderr += text), isTerminal: false, terminalSize: () => undefined, terminated: never, sleep: () => Promise.resolve() })
  for (const command of program.commands.flatMap((each) => [each, ...each.commands])) command.exitOverride().configureOutput({ writeErr: (text) => (stderr += text) })
  await program.parseAsync(['prices', ...words], { from: 'user' })
  return { stdout, stderr }
}
const fails = (pattern: RegExp, exitCode: number) => (error: unknown) => error instanceof CommandError && pattern.test(error.message) && error.exitCode === exitCode

describe('tollgate prices list', () => {
  it('prints a table of the models that are asked for', async () => {
    const { stdout, stderr } = await run('list', '--provider', 'openai', '--model', 'GPT-4o-m*')
    assert.match(stdout, /^PROVIDER {2}MODEL +INPUT +CACHED +CACHE WRITE +OUTPUT\n/)
    assert.match(stdout, /^openai +gpt-4o-mini +0\.15 +0\.075 +0\.15 +0\.6$/m)
    assert.doesNotMatch(stdout, /gpt-4o$/m)
    assert.match(stderr, /models, dollars per million tokens now; list \d/)
  })

  it('prints JSON with decimal texts', async () => {
    const models: unknown = JSON.parse((await run('list', '--provider', 'openai', '--model', 'gpt-4o', '--json')).stdout)
    assert.deepEqual(models, [{ provider: 'openai', model: 'gpt-4o', input: '2.5', cached_input: '1.25', output: '10', web_search: '0.01', changes: false, steps: false }])
  })

  it('knows no list of a vendor that there is not', async () => {
    await assert.rejects(run('list', '--provider', 'opneai'), (error) => error instanceof CommanderError && /no price list of "opneai"/.test(error.message))
  })
})

describe('tollgate prices show', () => {
  it('shows steps, dates and calls', async () => {
    const { stdout } = await run('show', 'gpt-5.6-sol', '--provider', 'openai')
    assert.match(stdout, /^gpt-5\.6-sol at openai \(listed as gpt-5\.6-sol\)\n {2}at all other times:\n/)
    assert.match(stdout, /above 271,999 input tokens/)
    assert.match(stdout, /^ {2}from 2026-08-21:$/m)
    assert.match(stdout, /^ {2}web_search +\$0\.01 per call/m)
  })

  it('shows what a configuration charges, and where it has that from', async () => {
    const { stdout } = await run('show', 'good', '-c', config)
    assert.match(stdout, new RegExp(`^gpt-4o at main \\(from ${config}\\)\\n {2}input +\\$2\\.5 per million\\n {2}output +\\$12 per million\\n`))
    assert.match(stdout, /^claude-sonnet-4-5 at claude \(on the list of anthropic as claude-sonnet-4-5\)$/m)
  })

  it('says what may have been meant', async () => {
    await assert.rejects(run('show', 'sonnet-4-5'), fails(/No price of "sonnet-4-5" is known\. Did you mean .*claude-sonnet-4-5/, 1))
    await assert.rejects(run('show', 'nope', '-c', config), fails(/has no model "nope"\. It has fast, good\./, 1))
  })
})

describe('tollgate prices diff', () => {
  it('shows where a list of LiteLLM differs from ours', async () => {
    const { stdout, stderr } = await run('diff', litellm, '--provider', 'openai')
    assert.equal(stdout, 'PROVIDER  MODEL   PRICE   OURS  THEIRS  CHANGE\nopenai    gpt-4o  output    10      11   +10 %\n')
    assert.match(stderr, /^LiteLLM: 3 models on both lists, 1 of them with other prices; 2 without a price per token\.\n$/)
  })

  it('shows where a list of Portkey differs, as JSON', async () => {
    const differences: unknown = JSON.parse((await run('diff', portkey, '--json')).stdout)
    assert.deepEqual((differences as { price: string; above?: number }[])[0], { provider: 'anthropic', model: 'claude-sonnet-4-5', price: 'input', above: 200_000, ours: '6', theirs: '3' })
  })

  it('compares what a configuration charges', async () => {
    const { stdout } = await run('diff', litellm, '-c', config)
    assert.match(stdout, /^main +gpt-4o +output +12 +11 +-8\.3 %$/m)
    assert.match(stdout, /^claude +claude-sonnet-4-5 +output above 200000 +22\.5 +24 +\+6\.7 %$/m)
  })

  it('refuses what is no list of prices', async () => {
    await assert.rejects(run('diff', join(folder, 'missing.json')), fails(/missing\.json cannot be read: no such file\.$/, 1))
    await assert.rejects(run('diff', config), fails(/cannot be read as JSON/, 1))
    const other = join(folder, 'other.json')
    writeFileSync(other, '{"a": 1}')
    await assert.rejects(run('diff', other), fails(/is no list of prices that is known here/, 1))
  })
})

describe('tollgate prices import', () => {
  it('writes a section that loads, for the models of the configuration', async () => {
    const output = join(folder, 'prices.yaml')
    const { stdout, stderr } = await run('import', litellm, '-c', config, '-o', output)
    assert.equal(stdout, '')
    assert.match(stderr, /^3 models written to /)
    const section = readFileSync(output, 'utf8')
    assert.match(section, /^ {4}gpt-4o: \{input: 2\.5, cached_input: 1\.25, output: 11\}$/m)
    const whole = join(folder, 'whole.yaml')
    writeFileSync(whole, configured.replace(/^prices:[\s\S]*/m, section))
    const loaded = await loadConfig(whole)
    assert.ok(loaded.ok)
    assert.deepEqual(loaded.config.prices.find({ provider: 'claude', model: 'claude-sonnet-4-5' })?.price[0]?.steps.map(({ above, rates }) => [above, rates.output, rates.cached_input]), [[-1, 15_000_000, 300_000], [200_000, 24_000_000, 300_000]])
  })

  it('writes all models of a vendor for a provider', async () => {
    const { stdout } = await run('import', portkey, '--as', 'anthropic=claude')
    assert.equal(stdout, '# Imported from Portkey with tollgate prices import\nprices: # dollars per million tokens\n  claude:\n    claude-sonnet-4-5: {input: 3, cache_creation: 3.75, cache_creation_1h: 6, output: 16, web_search: 0.01}\n')
    await assert.rejects(run('import', portkey, '--as', 'openai=main'), fails(/has no prices of openai\. It has those of anthropic\./, 2))
    await assert.rejects(run('import', portkey, '--as', 'anthropic'), fails(/--as takes/, 2))
  })
})

describe('tollgate prices plan', () => {
  it('prints a table, what it assumed, and rate limit files that load', async () => {
    const { stdout } = await run('plan', '--usd', '100', '--per', 'day', '--models', 'gpt-4o,gpt-4o-mini', '--mix', '3:1', '--users', '10')
    assert.match(stdout, /^gpt-4o +2\.5 +10 +4\.375 +22,408,960 +2,240,896 +98\.04$/m)
    assert.match(stdout, /Assumed: 75 % of the tokens are input/)
    const files = stdout.split('domain: tollgate').slice(1).map((text) => `domain: tollgate${text.split('\n\n')[0]}\n`)
    assert.deepEqual(files.map((text) => parseRateLimitFile({ text, fileName: 'ratelimit.yaml', denyAtLimitDefault: true }).ok), [true, true])
    assert.match(files[0] ?? '', /value: "gpt-4o", rate_limit: \{unit: day, requests_per_unit: 2240896\}/)
    assert.match(files[1] ?? '', /requests_per_unit: 10000000\}\} # \$10\.00/)
  })

  it('takes the list of the vendor that is named, and any other colon as part of the name', async () => {
    const { stdout } = await run('plan', '--usd', '1', '--models', 'openrouter:openai/gpt-4o,aws:anthropic.claude-sonnet-4-5-20250929-v1:0')
    assert.match(stdout, /^openai\/gpt-4o +2\.5 +10 /m)
    assert.match(stdout, /^anthropic\.claude-sonnet-4-5-20250929-v1:0 +3\.3 +16\.5 /m)
  })

  it('takes another share of input, and the prices of a configuration', async () => {
    const plan: unknown = JSON.parse((await run('plan', '--usd', '12', '--models', 'good', '--input-share', '0%', '-c', config, '--json')).stdout)
    assert.deepEqual(plan, { usd: 12, per: 'day', users: 1, input_share: 0, models: [{ model: 'good', usd_per_million: 12, tokens: 1_000_000, tokens_per_user: 1_000_000, usd: 12 }], usd_at_most: 12 })
  })

  it('says what is wrong with what it was asked', async () => {
    await assert.rejects(run('plan', '--usd', '1', '--models', 'a,b', '--mix', '1'), fails(/--mix has 1 parts for 2 models/, 2))
    await assert.rejects(run('plan', '--usd', '1', '--models', 'my-model'), fails(/Write vendor:model/, 1))
    for (const words of [['--usd', '-1'], ['--usd', '1', '--per', 'fortnight'], ['--usd', '1', '--users', '0'], ['--usd', '1', '--input-share', '101']])
      await assert.rejects(run('plan', '--models', 'gpt-4o', ...words), (error) => error instanceof CommanderError)
  })
})
