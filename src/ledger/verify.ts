// Checks that a ledger is what was written: every line of every writer, the manifest, and that what happened adds up to what the store knew.

import { join } from 'node:path'
import { MANIFEST, type Manifest, readManifest } from './manifest.ts'
import { listSegments } from './segment-files.ts'
import type { Break, WriterReport } from './verify-report.ts'
import { verifyWriter } from './verify-writer.ts'

export interface VerifyReport {
  readonly directory: string
  readonly writers: readonly WriterReport[]
  /** Of the manifest itself. */
  readonly breaks: readonly Break[]
}

/** Rejects with what the file system says when the directory cannot be read. */
export async function verifyLedger(directory: string): Promise<VerifyReport> {
  const files = listSegments(directory)
  const { manifest, breaks } = readForCheck(directory, files.length > 0)
  const names = new Set([...files.map(({ writer }) => writer), ...Object.keys(manifest?.writers ?? {})])
  const writers: WriterReport[] = []
  for (const writer of [...names].toSorted()) {
    writers.push(await verifyWriter({ directory, writer, files: files.filter((file) => file.writer === writer), entry: manifest?.writers[writer], hasManifest: manifest !== undefined }))
  }
  return { directory, writers, breaks }
}

function readForCheck(directory: string, isNeeded: boolean): { readonly manifest: Manifest | undefined; readonly breaks: readonly Break[] } {
  const broken = (problem: string) => ({ manifest: undefined, breaks: [{ file: join(directory, MANIFEST), line: undefined, problem }] })
  try {
    const manifest = readManifest(directory)
    return manifest === undefined && isNeeded ? broken('it is missing, so that nobody can say whether whole series are') : { manifest, breaks: [] }
  } catch (cause) {
    return broken(cause instanceof Error ? cause.message : String(cause))
  }
}
