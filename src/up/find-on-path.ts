// Looks a program up as a shell would, without starting one.

import { access, constants, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Absolute or PATH-relative path of the first executable of that name on PATH, or undefined. */
export async function findOnPath(name: string, environment: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  for (const directory of (environment['PATH'] ?? '').split(delimiter)) {
    if (directory === '') continue
    const path = join(directory, name)
    if (await isExecutable(path)) return path
  }
  return undefined
}

/** Whether there is a file at `path` that we may run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
