// Compiles one YAML of mistakes/ without touching anything that this machine decides, such as its temporary folder.

import { existsSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileConfig, type CompiledConfig } from '../../src/config/compile.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { referencedFiles } from '../../src/config/referenced-files.ts'
import type { FileState } from '../../src/config/sources.ts'

export const mistakes = fileURLToPath(new URL('mistakes/', import.meta.url))

/** Where the configuration seems to be, so that no message has a path of this machine. */
const folder = '/etc/tollgate'

/** Reads `name` (a file of mistakes/) and everything it refers to; files are called by their last name in messages. */
export function compileMistake(name: string): CompiledConfig {
  return compileText(readFileSync(join(mistakes, name), 'utf8'), name)
}

/** The same for a text that is not in a file of its own. */
export function compileText(text: string, name = 'tollgate.yaml'): CompiledConfig {
  const path = join(folder, name)
  const { limits, secrets } = referencedFiles({ path, text })
  const files = new Map<string, FileState>()
  for (const file of limits)
    files.set(file, existsSync(onDisk(file)) ? { kind: 'text', text: readFileSync(onDisk(file), 'utf8') } : { kind: 'unreadable', reason: 'no such file' })
  for (const file of secrets) files.set(file, existsSync(onDisk(file)) ? { kind: 'present' } : { kind: 'unreadable', reason: 'no such file' })
  return compileConfig({ path, text, files, runtimeDirectory: '/run/user/1000', stateDirectory: '/var/lib', nowMs: Date.UTC(2026, 6, 1), display: (file) => basename(file) })
}

function onDisk(file: string): string {
  return join(mistakes, relative(folder, file))
}

/** What a person sees: problems, or else warnings with that word before them; '' when there is nothing to say. */
export function transcript(compiled: CompiledConfig): string {
  const lines = compiled.ok ? compiled.warnings.map((warning) => `warning: ${formatProblem(warning)}`) : compiled.problems.map(formatProblem)
  return lines.map((line) => `${line}\n`).join('')
}
