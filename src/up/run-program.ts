// Runs a program to its end, for installers and version checks.

import { spawn } from 'node:child_process'

export interface ProgramResult {
  /** Undefined when the program could not be started or was killed. */
  readonly exitCode: number | undefined
  /** Standard output, then standard error; empty when shown. At most 64 KiB. */
  readonly output: string
  /** Why it could not be started, e.g. ENOENT. */
  readonly startError: string | undefined
}

const keptOutputCharacters = 65_536

/** `shown: true` lets it write to our standard error, so that its own progress is seen. Kills it after `timeoutMs`. */
export function runProgram(
  program: string,
  programArguments: readonly string[],
  options: { readonly shown: boolean; readonly timeoutMs: number; readonly environment?: Readonly<Record<string, string | undefined>>; readonly directory?: string },
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(program, programArguments, {
      stdio: options.shown ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'],
      env: options.environment ?? process.env,
      ...(options.directory === undefined ? {} : { cwd: options.directory }),
    })
    // Not spawn's own `timeout`: its timer outlives a program that could not be started, and with it the process.
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs)
    let output = ''
    const collect = (chunk: Buffer): void => {
      if (output.length < keptOutputCharacters) output += chunk.toString('utf8')
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.once('error', (error) => {
      clearTimeout(timer)
      const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message
      resolve({ exitCode: undefined, output, startError: code })
    })
    child.once('close', (exitCode) => {
      clearTimeout(timer)
      resolve({ exitCode: exitCode ?? undefined, output, startError: undefined })
    })
  })
}
