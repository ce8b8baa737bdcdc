// Reads a configuration from disk: the only file that does. What it found is compiled by pure code. [I/O]

import { access, constants, readFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { compileConfig } from './compile.ts'
import type { Problem } from './problem.ts'
import { referencedFiles } from './referenced-files.ts'
import type { RuntimeConfig } from './runtime-config.ts'
import type { FileState, Sources } from './sources.ts'

export type LoadedConfig =
  | { readonly ok: true; readonly config: RuntimeConfig; readonly warnings: readonly Problem[]; readonly sources: Sources }
  /** `files`: what was read or should have been, absolute, the main one first: a watcher waits for one of them to be mended. */
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly files: readonly string[] }

/** Larger files are somebody's mistake (a log, a dump), and would only be refused after a long parse. */
const MAX_FILE_BYTES = 8 * 1024 * 1024

/** Reads and compiles `path` and the files it names. Never rejects for what is wrong with them. */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const main = resolve(path)
  const state = await readText(main)
  if (state.kind !== 'text') {
    const reason = state.kind === 'unreadable' ? state.reason : 'no text'
    const message = `cannot read the configuration (${reason}); name the file with -c FILE, examples/tollgate.yaml is a start`
    return { ok: false, problems: [{ file: display(main), line: 1, column: 1, message }], files: [main] }
  }
  const referenced = referencedFiles({ path: main, text: state.text })
  const files = new Map<string, FileState>()
  for (const file of referenced.secrets) files.set(file, await lookAt(file))
  for (const file of referenced.limits) files.set(file, await readText(file))
  const runtimeDirectory = process.env['XDG_RUNTIME_DIR'] || tmpdir()
  const sources: Sources = { path: main, text: state.text, files, runtimeDirectory, stateDirectory: stateDirectory(), nowMs: Date.now(), display }
  const compiled = compileConfig(sources)
  return compiled.ok ? { ...compiled, sources } : { ...compiled, files: [main, ...referenced.limits] }
}

// The XDG specification wants relative paths in its variables ignored.
function stateDirectory(): string {
  const written = process.env['XDG_STATE_HOME'] ?? ''
  return isAbsolute(written) ? written : join(homedir(), '.local', 'state')
}

async function readText(path: string): Promise<FileState> {
  try {
    const bytes = await readFile(path)
    if (bytes.length > MAX_FILE_BYTES) return { kind: 'unreadable', reason: `it has more than ${MAX_FILE_BYTES} bytes` }
    return { kind: 'text', text: bytes.toString('utf8') }
  } catch (thrown) {
    return { kind: 'unreadable', reason: describeFileError(thrown) }
  }
}

async function lookAt(path: string): Promise<FileState> {
  try {
    await access(path, constants.R_OK)
    return { kind: 'present' }
  } catch (thrown) {
    return { kind: 'unreadable', reason: describeFileError(thrown) }
  }
}

function describeFileError(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown error'
  return { ENOENT: 'no such file', ENOTDIR: 'no such file', EACCES: 'permission denied', EISDIR: 'it is a folder' }[code] ?? code
}

// As short as it can be typed from here.
function display(path: string): string {
  const fromHere = relative(process.cwd(), path)
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere
}
