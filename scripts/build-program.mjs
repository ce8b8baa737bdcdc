// Bundles src/ into dist/main.js, which is what the npm package, the container image and a clone run. Packages stay outside: npm installs them.

import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a bundle begins; what it was made of follows. */
const MARK = '// Made of src/, '
const HASH_LENGTH = 64

/** Builds unless dist/main.js is what the files of src/ would make: looking takes a few hundredths of a second, building half a second. Returns its path. */
export async function buildIfChanged(root) {
  const path = join(root, 'dist', 'main.js')
  const sources = describeSources(root)
  if (readMark(path) !== sources) await buildProgram(root, sources)
  return path
}

/** Rejects with esbuild's messages, which it has also written to the standard error. Resolves to esbuild's account of what went in. */
export async function buildProgram(root, sources = describeSources(root)) {
  // Not at the top: a clone may have no packages yet.
  const { buildSync } = await import('esbuild')
  // The other form leaves a process behind that lives as long as this one.
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile: 'dist/main.js',
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    // The oldest Node of `engines`.
    target: 'node20.15',
    banner: { js: `${MARK}${sources}` },
    sourcemap: true,
    // Without the sources in it the map is a tenth as large, and still gives file and line.
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'warning',
  })
  mkdirSync(join(root, 'dist'), { recursive: true })
  // Others may be starting from it, or building it too: each file is whole or the one before, and the program comes last.
  for (const { path, contents } of outputFiles.toSorted((a, b) => b.path.length - a.path.length)) {
    const aside = `${path}.${process.pid}`
    try {
      writeFileSync(aside, contents)
      renameSync(aside, path)
    } catch (thrown) {
      rmSync(aside, { force: true })
      throw thrown
    }
  }
  return metafile
}

/** A hash of all files that may go in, the same wherever and whenever they were checked out: a package can be built again, byte for byte. */
function describeSources(root) {
  const hash = createHash('sha256')
  const files = readdirSync(join(root, 'src'), { recursive: true }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  for (const name of files.sort()) hash.update(`${name}\n`).update(readFileSync(join(root, 'src', name)))
  hash.update(readFileSync(fileURLToPath(import.meta.url)))
  return hash.digest('hex')
}

function readMark(path) {
  const beginning = Buffer.alloc(MARK.length + HASH_LENGTH)
  try {
    const file = openSync(path, 'r')
    readSync(file, beginning)
    closeSync(file)
  } catch {
    return undefined
  }
  const text = beginning.toString()
  return text.startsWith(MARK) ? text.slice(MARK.length) : undefined
}
