// A process that writes rows until it is killed or fails: `node --import tsx write-rows.ts <directory>`. It says each id once its row is written,
// and `failed` when writing fails; then it waits for a line and ends.

import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'

const [directory = ''] = process.argv.slice(2)
const settings = { directory, fsync: false, rotateBytes: 1e9, keepMs: 1e12 }
const ledger = await openLedger({ settings, writer: 'main', clock: systemClock, log: silentLog })

for (let index = 0; ; index += 1) {
  try {
    writeRow(`exchange-${index}`)
    say(`exchange-${index}`)
  } catch {
    say('failed')
    await once(process.stdin, 'data')
    process.exit(0)
  }
}

function writeRow(id: string): void {
  ledger.hold({ id, holdUntilMs: 1, charges: [] })
  const now = new Date(systemClock.now()).toISOString()
  ledger.row({
    id,
    admittedAt: now,
    finishedAt: now,
    caller: { user: 'alice' },
    format: 'openai-chat',
    stream: false,
    askedModel: 'gpt-4o',
    clientModel: 'gpt-4o',
    downgradedFrom: undefined,
    provider: 'openai',
    upstreamModel: 'gpt-4o',
    responseModel: 'gpt-4o',
    attempts: 1,
    outcome: 'answered',
    status: 200,
    usage: undefined,
    costs: {},
    nanoDollars: 1,
    rateCard: undefined,
    estimated: false,
    flags: [],
    charges: [{ budget: 'day', unit: 'requests', key: 'day|requests|0|', amount: 1, forgetAtMs: Number.MAX_SAFE_INTEGER }],
  })
}

/** A pipe that is full takes nothing for a moment. */
function say(word: string): void {
  for (;;) {
    try {
      writeSync(1, `${word}\n`)
      return
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN')) throw thrown
    }
  }
}
