// Checks the files of one writer: each by itself, each against the one before, and against what the manifest says of it.

import { basename, join } from 'node:path'
import { BrokenLedger, checkSegment, isTorn } from './check-segment.ts'
import { MANIFEST, type WriterEntry } from './manifest.ts'
import type { ChainEnd, OpenRecord } from './records.ts'
import type { SegmentFile } from './segment-files.ts'
import { createSummaryBuilder, type SegmentSummary } from './segment-summary.ts'
import { createSumCheck, type SumCheck } from './sum-check.ts'
import type { Findings, WriterReport } from './verify-report.ts'

export interface VerifyWriterInput {
  readonly directory: string
  readonly writer: string
  readonly files: readonly SegmentFile[]
  /** What the manifest says; undefined: nothing. */
  readonly entry: WriterEntry | undefined
  readonly hasManifest: boolean
}

export async function verifyWriter({ directory, writer, files, entry, hasManifest }: VerifyWriterInput): Promise<WriterReport> {
  const findings: Findings = { breaks: [], notes: [] }
  const manifestPath = join(directory, MANIFEST)
  const present = leaveOutRemoved(files, entry, findings)
  if (hasManifest && entry === undefined) findings.breaks.push({ file: manifestPath, line: undefined, problem: `it does not know the writer ${writer}, whose files are here` })
  for (const { segment } of entry?.closed ?? []) {
    if (!present.some((file) => file.segment === segment)) findings.breaks.push({ file: manifestPath, line: undefined, problem: `file ${segment} of ${writer} is missing` })
  }
  const sums = createSumCheck()
  const summaries: SegmentSummary[] = []
  let end: ChainEnd | undefined = entry?.removed ?? undefined
  for (const [index, file] of present.entries()) {
    const isLast = index === present.length - 1
    const summary = await verifySegment(file, { end, isFirst: index === 0, isLast, sums, findings })
    if (summary === undefined) {
      end = undefined
      continue
    }
    summaries.push(summary)
    end = { segment: summary.segment, seq: summary.lastSeq, hash: summary.lastHash }
    if (hasManifest) compareWithManifest({ file, summary, entry, isLast }, findings)
  }
  sums.finish(findings)
  return {
    writer,
    files: present.length,
    lines: summaries.reduce((sum, { firstSeq, lastSeq }) => sum + lastSeq - firstSeq + 1, 0),
    rows: summaries.reduce((sum, { rows }) => sum + rows, 0),
    from: summaries[0]?.from,
    to: summaries.at(-1)?.to,
    lastSeq: summaries.at(-1)?.lastSeq ?? 0,
    lastHash: summaries.at(-1)?.lastHash,
    snapshotsCompared: sums.compared(),
    removed: entry?.removed === undefined || entry.removed === null ? undefined : { files: entry.removed.segments, rows: entry.removed.rows, until: entry.removed.until },
    ...findings,
  }
}

/** Files that the manifest already calls removed are on their way out. */
function leaveOutRemoved(files: readonly SegmentFile[], entry: WriterEntry | undefined, { notes }: Findings): readonly SegmentFile[] {
  const until = entry?.removed?.segment ?? 0
  const old = files.filter(({ segment }) => segment <= until)
  if (old.length > 0) notes.push(`${old.length} files that are too old are still there; they were not checked`)
  return files.filter(({ segment }) => segment > until)
}

interface SegmentContext {
  /** Where the chain stood before; undefined when that is not known. */
  readonly end: ChainEnd | undefined
  readonly isFirst: boolean
  readonly isLast: boolean
  readonly sums: SumCheck
  readonly findings: Findings
}

/** Undefined when it could not be read to its end. */
async function verifySegment(file: SegmentFile, { end, isFirst, isLast, sums, findings }: SegmentContext): Promise<SegmentSummary | undefined> {
  const builder = createSummaryBuilder(file.segment)
  const fail = (line: number, problem: string): void => {
    findings.breaks.push({ file: file.path, line, problem })
  }
  try {
    for await (const lines of checkSegment(file, { details: false })) {
      for (const line of lines) {
        if (isTorn(line)) {
          if (isLast) findings.notes.push(`${basename(file.path)}:${line.number}: the last line is not whole (${line.tornBytes} bytes): it is being written, or its writer died while writing it`)
          else fail(line.number, `the file ends in a line that is not whole, and another file follows`)
          continue
        }
        builder.add({ seq: line.seq, at: line.at, kind: line.record.kind, hash: line.hash, bytes: line.bytes })
        if (line.record.kind === 'open') checkBeginning(line.record, { end, isFirst }, (problem) => fail(line.number, problem))
        sums.add(line, file, findings)
      }
    }
    return builder.summary()
  } catch (cause) {
    if (!(cause instanceof BrokenLedger)) throw cause
    fail(cause.line, cause.problem)
    // What comes behind cannot be trusted to be all that happened.
    sums.interrupt()
    return undefined
  }
}

function checkBeginning(open: OpenRecord, { end, isFirst }: Pick<SegmentContext, 'end' | 'isFirst'>, fail: (problem: string) => void): void {
  const { previous } = open
  if (isFirst && end === undefined) {
    if (previous !== null) fail(`it follows file ${previous.segment}, which is neither here nor known to have been removed`)
    return
  }
  // The file before is broken, and has been reported.
  if (end === undefined) return
  if (previous?.hash !== end.hash || previous.seq !== end.seq) fail(`it does not follow the end of file ${end.segment}, line number ${end.seq} of the writer: lines or files between them are missing`)
}

interface ManifestContext {
  readonly file: SegmentFile
  readonly summary: SegmentSummary
  readonly entry: WriterEntry | undefined
  readonly isLast: boolean
}

function compareWithManifest({ file, summary, entry, isLast }: ManifestContext, { breaks, notes }: Findings): void {
  const listed = entry?.closed.find(({ segment }) => segment === summary.segment)
  if (listed === undefined) {
    if (isLast && entry?.current?.segment === summary.segment) return
    notes.push(`${basename(file.path)} is not in the manifest: its writer died, or could not write the manifest`)
    return
  }
  const fields = ['firstSeq', 'lastSeq', 'lastHash', 'from', 'to', 'rows', 'bytes'] as const
  const different = fields.find((field) => listed[field] !== summary[field])
  if (different === undefined) return
  const problem = `the manifest says that its ${different} is ${listed[different]}, and it is ${summary[different]}: lines were cut off or added, or the manifest was changed`
  breaks.push({ file: file.path, line: undefined, problem })
}
