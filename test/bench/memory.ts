// Does memory stay where it is? Many requests and many clients that leave in the middle of a stream, in portions; the memory of Tollgate
// and Envoy after each. Run: npx tsx test/bench/memory.ts [--requests 20000] [--leaving 2000] [--portions 10]

import { parseArgs } from 'node:util'
import { envoyBinary } from '../e2e/support/envoy-binaries.ts'
import { createClient, inParallel } from '../e2e/support/send.ts'
import { residentMb } from './support/process-usage.ts'
import { startStack } from './support/start-arms.ts'
import { workloads, type WorkloadName } from './support/workloads.ts'

const { values: options } = parseArgs({
  options: { requests: { type: 'string', default: '20000' }, leaving: { type: 'string', default: '2000' }, portions: { type: 'string', default: '10' } },
})
const portions = Number(options.portions)
const CONNECTIONS = 32
/** Of the answer: some twenty chunks of the paced stream. */
const LEAVE_AFTER_BYTES = 4_000

const stack = await startStack({ envoy: envoyBinary('1.40'), arms: ['tollgate-limits'], nodeArguments: [] })
try {
  const [arm] = stack.arms
  if (arm?.processorPid === undefined) throw new Error('no arm was started')
  const url = `http://127.0.0.1:${arm.port}`
  const client = createClient(url, { connections: CONNECTIONS })
  const headersOf = (workload: WorkloadName): Record<string, string> => ({ 'x-user-id': 'bench', 'x-bench-workload': workload })
  console.log('requests  left  Tollgate MB  Envoy MB')
  for (let portion = 0; portion <= portions; portion += 1) {
    if (portion > 0) {
      await inParallel(Number(options.requests) / portions, CONNECTIONS, async () => {
        const { status, body } = await client.post('/v1/chat/completions', workloads['json-1k'].requestBody, headersOf('json-1k'))
        if (status !== 200) throw new Error(`status ${status}: ${body}`)
      })
      await inParallel(Number(options.leaving) / portions, CONNECTIONS, () =>
        client.leave('/v1/chat/completions', workloads['paced-stream'].requestBody, { headers: headersOf('paced-stream'), afterBytes: LEAVE_AFTER_BYTES }),
      )
    }
    const counts = [(portion * Number(options.requests)) / portions, (portion * Number(options.leaving)) / portions]
    console.log(`${String(counts[0]).padStart(8)} ${String(counts[1]).padStart(5)} ${residentMb(arm.processorPid).toFixed(0).padStart(12)} ${residentMb(arm.envoyPid).toFixed(0).padStart(9)}`)
  }
  client.close()
} finally {
  await stack.stop()
}
