import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { addCounted, createCountForwarder, joinMetrics } from './forward-counts.ts'
import { createDistributions, createSums } from './series.ts'

/** The same metrics in each process. */
function createProcess() {
  const registry = new Registry()
  const sums = createSums({ registry, name: 'requests_total', help: 'Requests.' })
  const open = createSums({ registry, name: 'open', help: 'Open now.' }, 'gauge')
  const sizes = createDistributions({ registry, name: 'size', help: 'How large.' }, [1, 10])
  const failures = new Counter({ name: 'failures_total', help: 'Failures.', labelNames: ['where'], registers: [registry] })
  const up = new Gauge({ name: 'up', help: 'Is it there?', aggregator: 'min', registers: [registry] })
  return { registry, sums, open, sizes, failures, up, forwarder: createCountForwarder(registry) }
}

/** As over a wire. */
const copy = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value

describe('counts of several processes', () => {
  it('add up in one registry, as if that had counted everything', async () => {
    const [owner, one, two, alone] = [createProcess(), createProcess(), createProcess(), createProcess()]
    const count = ({ sums, sizes, failures }: ReturnType<typeof createProcess>, amount: number): void => {
      sums({ model: 'a' }).add(amount)
      sums({ model: String(amount) }).add(1)
      sizes({ kind: 'x' }).observe(amount)
      failures.inc({ where: 'here' }, amount)
    }
    for (const amount of [0.5, 3, 100]) {
      for (const each of [one, two, alone, alone]) count(each, amount)
      for (const { forwarder } of [one, two]) addCounted(owner.registry, copy((await forwarder.takeAll()) ?? {}))
    }
    assert.equal(await owner.registry.metrics(), await alone.registry.metrics())
    assert.equal(await one.forwarder.takeAll(), undefined, 'what was taken is not taken again')
    one.failures.inc({ where: 'here' })
    assert.equal(one.forwarder.take(), undefined, 'counters of prom-client are taken with all only')
    one.sums({ model: 'a' }).add(2)
    assert.deepEqual(one.forwarder.take(), { requests_total: [{ labels: { model: 'a' }, amount: 2 }] })
  })

  it('are refused when they are of something that nobody knows', () => {
    assert.throws(() => addCounted(createProcess().registry, { other_total: [{ labels: {}, amount: 1 }] }), /nobody here counts other_total/)
  })
})

describe('the state of several processes', () => {
  it('is joined by its meaning, and gone with the process', async () => {
    const [owner, one, two] = [createProcess(), createProcess(), createProcess()]
    for (const { up, open } of [owner, one]) {
      up.set(1)
      open({ stage: 'request' }).add(2)
    }
    two.up.set(0)
    two.open({ stage: 'request' }).add(5)
    const both = await joinMetrics(owner.registry, copy([await one.forwarder.state(), await two.forwarder.state()]))
    assert.match(both, /^open\{stage="request"\} 9$/m)
    assert.match(both, /^up 0$/m)
    const alone = await joinMetrics(owner.registry, copy([await one.forwarder.state()]))
    assert.match(alone, /^open\{stage="request"\} 4$/m)
    assert.match(alone, /^up 1$/m)
  })

  it('has every metric once, those of prom-client among them', async () => {
    const registries = [new Registry(), new Registry()] as const
    for (const register of registries) collectDefaultMetrics({ register })
    const [owner, worker] = registries
    const state = copy(await createCountForwarder(worker).state())
    const page = await joinMetrics(owner, [state])
    const names = page.split('\n').flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? [])
    assert.deepEqual(names.toSorted(), owner.getMetricsAsArray().map(({ name }) => name).toSorted())
    const resident = (text: string): number => Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1])
    assert.ok(resident(page) > 1.5 * resident(await owner.metrics()), 'memory is summed')
  })
})
