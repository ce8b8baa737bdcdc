import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { createLogger, type LoggerOptions } from './logger.ts'

function logged(say: (log: ReturnType<typeof createLogger>) => void, options: Partial<LoggerOptions> = {}): Record<string, unknown>[] {
  let text = ''
  say(createLogger({ level: 'info', format: 'json', write: (lines) => (text += lines), ...options }))
  mock.timers.tick(10)
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line))
}

describe('the log', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
  afterEach(() => mock.timers.reset())

  it('writes one object per line, with the level and the time', () => {
    const [line, ...rest] = logged((log) => log.info({ status: 200, caller: { user: 'alice' }, reason: undefined }, 'exchange'))
    assert.deepEqual(rest, [])
    const { time, ...others } = line ?? {}
    assert.deepEqual(others, { level: 30, status: 200, caller: { user: 'alice' }, msg: 'exchange' })
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('has the time to the millisecond, also when a second begins and when the clock is set back', () => {
    mock.timers.reset()
    mock.timers.enable({ apis: ['setTimeout', 'Date'] })
    const times = [1_772_366_400_000, 1_772_366_400_007, 1_772_366_400_999, 1_772_366_401_000, 1_772_366_400_090]
    const lines = logged((log) => {
      for (const time of times) {
        mock.timers.setTime(time)
        log.info({}, 'x')
      }
    })
    assert.deepEqual(lines.map(({ time }) => time), times.map((time) => new Date(time).toISOString()))
  })

  it('says in every line which of several processes wrote it', () => {
    const lines = logged((log) => [1, 2].map((count) => log.info({ count }, 'x')), { worker: 3 })
    assert.deepEqual(lines.map(({ worker, count }) => [worker, count]), [[3, 1], [3, 2]])
  })

  it('hides what has the name of a secret, three levels deep', () => {
    const [line] = logged((log) => log.info({ token: 't', a: { apiKey: 'k', b: { password: 'p', c: 1 } }, headers: [{ cookie: 'c' }] }, 'oops'))
    assert.equal(line?.['token'], '[redacted]')
    assert.deepEqual(line?.['a'], { apiKey: '[redacted]', b: { password: '[redacted]', c: 1 } })
    assert.deepEqual(line?.['headers'], [{ cookie: '[redacted]' }])
  })

  it('does not change what it was given', () => {
    const fields = { caller: { token: 'abc' } }
    logged((log) => log.info(fields, 'oops'))
    assert.deepEqual(fields, { caller: { token: 'abc' } })
  })

  it('says errors with their stack, and hides secrets that were hung on them', () => {
    const error = Object.assign(new Error('broken'), { config: { authorization: 'Bearer abc' }, secret: 'abc' })
    const [line] = logged((log) => log.error({ err: error }, 'failed'))
    const { type, message, stack, ...others } = (line?.['err'] ?? {}) as Record<string, unknown>
    assert.deepEqual([type, message, others], ['Error', 'broken', { config: { authorization: '[redacted]' }, secret: '[redacted]' }])
    assert.match(String(stack), /logger\.test\.ts/)
  })

  it('says also what is no JSON: big integers and circles', () => {
    const circle: Record<string, unknown> = { name: 'round' }
    circle['again'] = circle
    const [big, round, none] = logged((log) => {
      log.info({ tokens: 12n }, 'big')
      log.warn({ circle }, 'round')
      log.info({}, 'with "quotes"\n')
    })
    assert.deepEqual([big?.['msg'], String(big?.['tokens'])], ['big', '12'])
    assert.deepEqual([round?.['level'], round?.['msg'], (round?.['circle'] as Record<string, unknown> | undefined)?.['name']], [40, 'round', 'round'])
    assert.deepEqual([none?.['level'], none?.['msg']], [30, 'with "quotes"\n'])
  })

  it('writes no half of a character, which strict readers of JSON refuse', () => {
    let text = ''
    const log = createLogger({ level: 'info', format: 'json', write: (lines) => (text += lines) })
    log.info({ response_model: 'gpt\ud800', long: `${'x'.repeat(200)}\udfff`, whole: '\u{1f600}', written: '\\ud800 "\\', [`n\ud801`]: 1 }, 'exchange')
    mock.timers.tick(10)
    assert.doesNotMatch(text, /(?<!\\)\\ud[89a-f]/)
    const { response_model: model, long, whole, written, ...rest } = JSON.parse(text)
    assert.deepEqual([model, long.slice(-2), whole, written, rest['n\ufffd']], ['gpt\ufffd', 'x\ufffd', '\u{1f600}', '\\ud800 "\\', 1])
  })

  it('leaves out what is below the level', () => {
    const lines = logged((log) => {
      log.info({}, 'no')
      log.warn({}, 'yes')
    }, { level: 'warn' })
    assert.deepEqual(lines.map((line) => line['msg']), ['yes'])
  })

  it('writes lines together, in their order, and none more than 10 ms late', () => {
    const writes: string[] = []
    const log = createLogger({ level: 'info', format: 'json', write: (lines) => writes.push(lines) })
    log.info({}, 'one')
    mock.timers.tick(9)
    log.info({}, 'two')
    assert.equal(writes.length, 0)
    mock.timers.tick(1)
    log.info({}, 'three')
    mock.timers.tick(10)
    assert.deepEqual(writes.map((lines) => lines.match(/one|two|three/g)?.join()), ['one,two', 'three'])
  })

  it('does not let lines pile up', () => {
    let written = 0
    const log = createLogger({ level: 'info', format: 'json', write: (lines) => (written += lines.length) })
    for (let count = 0; count < 100; count++) log.info({ text: 'x'.repeat(1000) }, 'long')
    assert.ok(written > 64 * 1024)
  })

  it('loses no line when the process exits at once', () => {
    const program = `import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)}
      createLogger({ level: 'info', format: 'json', write: (lines) => process.stdout.write(lines) }).info({}, 'last words')
      process.exit(3)`
    const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], { encoding: 'utf8' })
    assert.equal(status, 3)
    assert.match(stdout, /last words/)
  })
})
