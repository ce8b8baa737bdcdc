// Cost of reading a request body: our scan against JSON.parse, interleaved in one run so that a noisy machine hits all arms alike.
// Run: npx tsx test/bench/json-scan.ts

import { scanTopLevel } from '../../src/core/json-scan.ts'

const prose = 'The quick brown fox jumps over the lazy dog, and the dog does not mind it at all. '
const escapedProse = 'He said:\n"No."\tThen he went on to the next line of this long message of ordinary width.\n'

function chat(messages: number, content: string): string {
  const list = Array.from({ length: messages }, (_, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }))
  return JSON.stringify({ model: 'gpt-4o', messages: list, stream: true, temperature: 0.7, max_tokens: 512 })
}

function tools(count: number): string {
  const parameters = {
    type: 'object',
    properties: { city: { type: 'string', description: 'Name of a city' }, days: { type: 'integer', minimum: 1 }, unit: { enum: ['celsius', 'fahrenheit'] } },
    required: ['city', 'days'],
  }
  const list = Array.from({ length: count }, (_, index) => ({
    type: 'function',
    function: { name: `forecast_${index}`, description: 'Weather of the coming days', parameters },
  }))
  return JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: prose }], tools: list })
}

const image = { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${'iVBORw0KGgoA'.repeat(12_000)}` } }] }

const bodies: Readonly<Record<string, string>> = {
  '1 KB chat': chat(2, prose.repeat(5)),
  '2 KB chat': chat(12, prose.repeat(2)),
  '2 KB, many short messages': chat(50, 'Yes.'),
  '2 KB, tools': tools(6),
  '20 KB, tools': tools(60),
  '100 KB, tools': tools(320),
  '100 KB, escapes': chat(20, escapedProse.repeat(58)),
  '100 KB, short messages': chat(1_400, 'Yes, I think so, too.'),
  '200 KB, 1 message': chat(1, prose.repeat(2_400)),
  '200 KB, 200 messages': chat(200, prose.repeat(12)),
  '200 KB, not ASCII': chat(20, 'Grüße aus Köln, 你好世界。'.repeat(250)),
  '2 MB, escapes': chat(20, escapedProse.repeat(1_160)),
  '144 KB, image': JSON.stringify({ model: 'gpt-4o', messages: [image] }),
}

const arms: Readonly<Record<string, (body: Buffer) => unknown>> = {
  scan: (body) => scanTopLevel(body).members.length,
  latin1: (body) => JSON.parse(body.toString('latin1')),
  utf8: (body) => JSON.parse(body.toString()),
}

const rounds = 25
const roundMicros = 8_000

function microsPerRun(run: (body: Buffer) => unknown, body: Buffer, runs: number): number {
  const from = process.cpuUsage()
  for (let index = 0; index < runs; index++) run(body)
  const used = process.cpuUsage(from)
  return (used.user + used.system) / runs
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

console.log(`Node ${process.version}; CPU µs per body, median of ${rounds} interleaved rounds`)
for (const [name, text] of Object.entries(bodies)) {
  const body = Buffer.from(text)
  const runs = Math.max(5, Math.round(roundMicros / microsPerRun((given) => JSON.parse(given.toString()), body, 20)))
  const samples = new Map(Object.keys(arms).map((arm) => [arm, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const [arm, run] of Object.entries(arms)) samples.get(arm)?.push(microsPerRun(run, body, runs))
  }
  const [scan = 0, latin1 = 0, utf8 = 0] = [...samples.values()].map(median)
  const kilobytes = (body.length / 1024).toFixed(1)
  console.log(
    `${name.padEnd(26)} ${kilobytes.padStart(6)} KB  scan ${scan.toFixed(2).padStart(8)}` +
      `  latin1 ${latin1.toFixed(2).padStart(8)}  utf8 ${utf8.toFixed(2).padStart(8)}` +
      `  scan/latin1 ${(scan / latin1).toFixed(2)}  scan/utf8 ${(scan / utf8).toFixed(2)}`,
  )
}
