// The small languages inside tollgate.yaml: durations, sizes, addresses, URLs, names that were nearly right.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearestName } from './nearest-name.ts'
import { parseByteSize } from './parse-byte-size.ts'
import { parseDuration } from './parse-duration.ts'
import { addressesCollide, formatListenAddress, parseListenAddress, type AddressParts } from './parse-listen-address.ts'
import { parseProviderUrl } from './parse-provider-url.ts'

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
