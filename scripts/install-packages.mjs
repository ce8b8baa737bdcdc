// A fresh clone has no node_modules: bin/tollgate and npm test install what the lock file says before anything else.
// Plain Node, no packages, since there may be none yet.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs the packages of the lock file when they are missing or older than it. Starts no process when they are not.
 * Throws an Error that says what to do.
 */
export function installPackages(root) {
  const lockPath = join(root, 'package-lock.json')
  // npm writes this file last, so an install that was broken off has none.
  const donePath = join(root, 'node_modules', '.package-lock.json')
  const stampPath = join(root, 'node_modules', '.tollgate-lock-sha256')
  const doneAt = modifiedAt(donePath)
  if (doneAt !== undefined && doneAt >= (modifiedAt(lockPath) ?? 0)) return
  const wanted = createHash('sha256').update(readFileSync(lockPath)).digest('hex')
  if (doneAt !== undefined && stampOf(stampPath) === wanted) {
    // Git gave the same lock file a new date.
    const now = new Date()
    utimesSync(donePath, now, now)
    return
  }
  process.stderr.write(`Installing npm packages (npm ci) because ${doneAt === undefined ? 'there are none yet' : 'package-lock.json has changed'} …\n`)
  const result = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root, stdio: ['ignore', 2, 2] })
  if (result.error !== undefined) {
    const isMissing = result.error.code === 'ENOENT'
    throw new Error(isMissing ? 'npm was not found on PATH. It comes with Node.js: install Node 20.15 or later from nodejs.org.' : `npm could not be started: ${result.error.message}`)
  }
  if (result.status !== 0) {
    throw new Error('npm ci failed: its output is above. Without a network, run it once where there is one; then start again.')
  }
  writeFileSync(stampPath, wanted)
}

function modifiedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}

function stampOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    if (thrown.code === 'ENOENT') return undefined
    throw thrown
  }
}
