// The small languages inside tollgate.yaml: durations, sizes, addresses, URLs, names that were nearly right.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearestName } from './nearest-name.ts'
import { parseByteSize } from './parse-byte-size.ts'
import { parseBudgetDollars } from './parse-dollars.ts'
import { parseDuration } from './parse-duration.ts'
import { parseEvery } from './parse-every.ts'
import { addressesCollide, formatListenAddress, parseListenAddress, type AddressParts } from './parse-listen-address.ts'
import { parseMoment } from './parse-moment.ts'
import { parsePeriod } from './parse-period.ts'
import { parseProviderUrl } from './parse-provider-url.ts'
import { parseShare } from './parse-share.ts'
import { parseTimeZone } from './parse-time-zone.ts'

describe('durations', () => {
  it('are whole milliseconds from 1 to a day', () => {
    const cases: [string, number][] = [
      ['1ms', 1],
      ['500ms', 500],
      ['10s', 10_000],
      ['5m', 300_000],
      ['1.5h', 5_400_000],
      ['24h', 86_400_000],
    ]
    for (const [text, expected] of cases) assert.deepEqual(parseDuration(text), { ok: true, value: expected }, text)
  })

  it('need a unit, a number and a bound', () => {
    for (const text of ['', '10', 's', '10 s', '-1s', '0ms', '0.0001ms', '25h', '10S', '1d', '1e3s', 'Infinitys'])
      assert.equal(parseDuration(text).ok, false, text)
  })
})

describe('periods', () => {
  it('are whole minutes, hours or days, up to ten years', () => {
    const cases: [string, number][] = [
      ['1m', 60_000],
      ['90m', 5_400_000],
      ['4h', 14_400_000],
      ['30d', 2_592_000_000],
      ['3660d', 316_224_000_000],
    ]
    for (const [text, expected] of cases) assert.deepEqual(parsePeriod(text), { ok: true, value: expected }, text)
    for (const text of ['', '4', 'h', '0h', '-1h', '1.5h', '30s', '4 h', '4H', '3661d', '99999999999m', '1w']) assert.equal(parsePeriod(text).ok, false, text)
  })

  it('of budgets may also be units of the calendar', () => {
    assert.deepEqual(parseEvery('month'), { ok: true, value: 'month' })
    assert.deepEqual(parseEvery('15m'), { ok: true, value: 900_000 })
    for (const text of ['', 'Month', 'months', 'second', '1s']) assert.equal(parseEvery(text).ok, false, text)
  })
})

describe('shares', () => {
  it('are ten-thousandths, more than none and at most all', () => {
    for (const [text, expected] of [['0.01%', 1], ['12.5%', 1250], ['50%', 5000], ['100%', 10_000]] as const) assert.deepEqual(parseShare(text), { ok: true, value: expected }, text)
    for (const text of ['', '%', '50', '0%', '100.01%', '-5%', '0.001%', '5 %', 'half']) assert.equal(parseShare(text).ok, false, text)
  })
})

describe('moments', () => {
  it('have a date that exists, a time and a zone', () => {
    assert.deepEqual(parseMoment('2026-08-01T00:00:00Z'), { ok: true, value: Date.UTC(2026, 7, 1) })
    assert.deepEqual(parseMoment('2028-02-29T12:30-05:00'), { ok: true, value: Date.UTC(2028, 1, 29, 17, 30) })
    for (const text of ['', '2026-08-01', '2026-08-01T00:00:00', '2026-02-29T00:00Z', '2026-04-31T00:00Z', '2026-13-01T00:00Z', '2026-08-01T25:00Z', '2026-08-01T00:00+99:00', 'tomorrow'])
      assert.equal(parseMoment(text).ok, false, text)
  })
})

describe('time zones', () => {
  it('are the names that Node knows', () => {
    for (const text of ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5']) assert.deepEqual(parseTimeZone(text), { ok: true, value: text })
    for (const text of ['', 'Berlin', 'Europe/Berln', '+02:00', 'GMT+1', 'Mars/Olympus']) assert.equal(parseTimeZone(text).ok, false, text)
  })
})

describe('dollars of a budget', () => {
  it('are nano-dollars, exactly', () => {
    for (const [input, expected] of [[0.1, 1e8], ['$100', 1e11], [0.000000001, 1], [5_000_000, 5e15], [0, 0]] as const) assert.deepEqual(parseBudgetDollars(input), { ok: true, value: expected }, String(input))
    for (const input of [-1, 5_000_000.01, 1e-10, '', 'free', '1,000', Number.NaN]) assert.equal(parseBudgetDollars(input).ok, false, String(input))
  })
})

describe('sizes', () => {
  it('are bytes from 1 KiB to 1 GiB', () => {
    const cases: [string | number, number][] = [
      [1024, 1024],
      ['1KiB', 1024],
      ['50MiB', 52_428_800],
      ['50MB', 50_000_000],
      ['50 MB', 50_000_000],
      ['1.5kB', 1500],
      ['1GiB', 1_073_741_824],
    ]
    for (const [input, expected] of cases) assert.deepEqual(parseByteSize(input), { ok: true, value: expected }, String(input))
  })

  it('need a known unit and a bound', () => {
    for (const input of ['', 1023, -1, Number.NaN, Number.POSITIVE_INFINITY, '2GiB', '50mib', '50 megabytes', '1e9', '5M'])
      assert.equal(parseByteSize(input).ok, false, String(input))
  })
})

describe('addresses', () => {
  const spelt = (text: string): string | undefined => {
    const parsed = parseListenAddress(text)
    return parsed.ok ? formatListenAddress(parsed.value) : undefined
  }

  it('have one spelling', () => {
    const cases: [string, string][] = [
      ['127.0.0.1:1', '127.0.0.1:1'],
      ['localhost:65535', '127.0.0.1:65535'],
      ['[::1]:80', '[::1]:80'],
      ['Tollgate:8081', 'tollgate:8081'],
      ['unix:/run/a.sock', 'unix:/run/a.sock'],
      ['0.0.0.0:0', '0.0.0.0:0'],
    ]
    for (const [text, expected] of cases) assert.equal(spelt(text), expected)
  })

  it('are nothing else', () => {
    for (const text of [
      '',
      ':80',
      '127.0.0.1',
      '127.0.0.1:',
      '127.0.0.1:65536',
      '256.0.0.1:80',
      '1.2.3:80',
      '::1:80',
      '[::g]:80',
      '[1.2.3.4]:80',
      'a b:80',
      'unix:',
      'unix:/a b',
      'http://a:80',
      '-a:80',
    ])
      assert.equal(spelt(text), undefined, text)
  })

  it('collide on the same port of overlapping hosts, and on the same socket', () => {
    const at = (text: string): AddressParts => {
      const parsed = parseListenAddress(text)
      return parsed.ok ? parsed.value : assert.fail(text)
    }
    const collide = (a: string, b: string): boolean => addressesCollide(at(a), at(b)) && addressesCollide(at(b), at(a))
    assert.ok(collide('127.0.0.1:80', 'localhost:80'))
    assert.ok(collide('127.0.0.1:80', '0.0.0.0:80'))
    assert.ok(collide('[::]:80', '127.0.0.1:80'))
    assert.ok(collide('unix:/a', 'unix:/a'))
    assert.ok(!collide('127.0.0.1:80', '127.0.0.2:80'))
    assert.ok(!collide('127.0.0.1:80', '127.0.0.1:81'))
    assert.ok(!collide('127.0.0.1:0', '127.0.0.1:0'))
    assert.ok(!collide('unix:/a', 'unix:/b'))
    assert.ok(!collide('unix:/a', '127.0.0.1:80'))
  })
})

describe('provider URLs', () => {
  it('are refused when they are not exactly what would be called', () => {
    for (const url of [
      '',
      'api.openai.com',
      'ftp://a',
      'https:a',
      'https://',
      'https://a b',
      'https://a\\b',
      'https://a@b',
      'https://a?b',
      'https://a#',
      'https://a:0',
      'https://a:99999',
      'https://a/v1',
      'https://a/x/v1/',
    ]) {
      assert.equal(parseProviderUrl(url).ok, false, url)
    }
  })
})

describe('the nearest name', () => {
  const known = ['openai', 'anthropic', 'url', 'llm_total_token']
  it('is the one that was meant', () => {
    const cases: [string, string][] = [
      ['opneai', 'openai'],
      ['OpenAI', 'openai'],
      ['antropic', 'anthropic'],
      ['ulr', 'url'],
      ['base_url', 'url'],
      ['total_token', 'llm_total_token'],
    ]
    for (const [name, expected] of cases) assert.equal(nearestName(name, known), expected)
  })

  it('is none when nothing is near', () => {
    for (const name of ['x', 'vllm', 'bedrock', '']) assert.equal(nearestName(name, known), undefined, name)
  })
})
