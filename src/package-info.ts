// What this package knows about itself: its version and where it lies.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// package.json lies one folder above both src/ and dist/, and has been checked by npm: it has a version.
const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string }

export const version: string = manifest.version

/** The folder that holds package.json. */
export const packageRoot: string = fileURLToPath(new URL('..', import.meta.url))

/** Runs from a clone of the repository rather than from an installed package. */
export const isClone: boolean = existsSync(join(packageRoot, 'src', 'main.ts'))

/**
 * How to start this program again, to be followed by its arguments: Node, its own options, and the script as it was started. Without those of
 * the debugger, whose port is taken.
 */
export const ownProgram: readonly string[] = [process.execPath, ...process.execArgv.filter((option) => !option.startsWith('--inspect')), process.argv[1] ?? join(packageRoot, 'bin', 'tollgate')]
