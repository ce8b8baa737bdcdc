// `tollgate audit`: whether the ledger is what was written.

import type { Command } from 'commander'
import { verifyLedger, type VerifyReport } from '../ledger/verify.ts'
import type { Break, WriterReport } from '../ledger/verify-report.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { formatTable } from './format-table.ts'
import { addLedgerPlaceOptions, findLedger, type LedgerPlaceOptions } from './ledger-place.ts'

interface VerifyOptions extends LedgerPlaceOptions {
  readonly json?: boolean
}

export function addAuditCommand(program: Command, context: CommandContext): void {
  const audit = program.command('audit').description('Check the ledger.')
  const verify = audit.command('verify').description('Check that no line of the ledger was changed, taken out or put in, and that its sums are right. Exits with 1 if one was.')
  addLedgerPlaceOptions(verify)
  verify.option('--json', 'print what was found as JSON').action(async (options: VerifyOptions) => verifyAndPrint(options, context))
}

const CANNOT_DETECT = `What this cannot show:
  - that rows were cut off at the very end of a file that is still being written
  - that all files of a writer were written anew, hashes and manifest included, by somebody who may write them;
    against that, note the last hashes above where he cannot, and compare
  - what was in files that were removed because of their age: only their last hash is known
`

async function verifyAndPrint(options: VerifyOptions, context: CommandContext): Promise<void> {
  const report = await verifyLedger(await findLedger(options, context))
  const breaks = [...report.breaks, ...report.writers.flatMap((writer) => writer.breaks)]
  context.stdout(options.json === true ? `${JSON.stringify({ ok: breaks.length === 0, ...report }, undefined, 2)}\n` : formatReport(report, breaks))
  if (breaks.length > 0) throw new CommandError(`The ledger in ${report.directory} is not as it was written: ${breaks.length === 1 ? '1 break' : `${breaks.length} breaks`}.`)
}

const HEADING = ['WRITER', 'FILES', 'LINES', 'ROWS', 'SUMS', 'FROM', 'TO', 'LAST LINE', 'LAST HASH']

function formatReport({ directory, writers }: VerifyReport, breaks: readonly Break[]): string {
  const table = formatTable([HEADING, ...writers.map(cellsOf)], { right: [1, 2, 3, 4, 7] })
  const removed = writers.flatMap(({ writer, removed: gone }) => (gone === undefined ? [] : [`${writer}: ${gone.files} files with ${gone.rows} rows until ${gone.until} were removed because of their age\n`]))
  const notes = writers.flatMap(({ notes: each }) => each.map((note) => `note: ${note}\n`))
  const found = breaks.map(({ file, line, problem }) => `BROKEN ${file}${line === undefined ? '' : `:${line}`}: ${problem}\n`)
  const sums = writers.some(({ snapshotsCompared }) => snapshotsCompared > 0) ? 'and the sums are right' : 'and there are no sums to compare yet'
  const verdict = breaks.length === 0 ? [`Every line follows the one before it, ${sums}.\n`] : []
  return [`${directory}\n\n`, table, '\n', ...removed, ...notes, ...found, ...verdict, '\n', CANNOT_DETECT].join('')
}

/** SUMS: how many beginnings of files were compared with what had happened before. */
function cellsOf({ writer, files, lines, rows, snapshotsCompared, from, to, lastSeq, lastHash }: WriterReport): readonly string[] {
  return [writer, String(files), String(lines), String(rows), String(snapshotsCompared), from?.slice(0, 19) ?? '', to?.slice(0, 19) ?? '', String(lastSeq), lastHash ?? '']
}
