// Installs into a directory of its own and moves that into place when it is whole: what is there is complete,
// a half-finished install is never mistaken for a tool, and of two installers at once one wins and none breaks.

import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { InstallError } from './install-error.ts'

export interface InstallPlan {
  /** Where the tool will be; its parent holds the lock. */
  readonly directory: string
  /** Fills the given empty directory. Throws an InstallError that says what failed. */
  readonly install: (emptyDirectory: string) => Promise<void>
  /** Called once when another installer is at work. */
  readonly onWait: (processId: number) => void
  /** How often a waiting installer looks again. */
  readonly pollMs?: number
}

/** Resolves when `directory` is complete, whoever installed it. */
export async function installDirectory(plan: InstallPlan): Promise<void> {
  if (await exists(plan.directory)) return
  const parent = dirname(plan.directory)
  await mkdir(parent, { recursive: true })
  const lockPath = `${plan.directory}.lock`
  if (!(await takeLock(plan, lockPath))) return
  try {
    if (await exists(plan.directory)) return
    await removeLeftovers(plan.directory)
    const partial = `${plan.directory}.partial-${process.pid}`
    await mkdir(partial)
    try {
      await plan.install(partial)
      await moveIntoPlace(partial, plan.directory)
    } finally {
      await rm(partial, { recursive: true, force: true })
    }
  } finally {
    await rm(lockPath, { force: true })
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT') || isCode(thrown, 'ENOTDIR')) return false
    throw thrown
  }
}

// False when the wait has ended because the other installer has finished. The lock only saves double work: a stolen one breaks nothing.
async function takeLock(plan: InstallPlan, lockPath: string): Promise<boolean> {
  let isWaiting = false
  for (;;) {
    if (await createLock(lockPath)) return true
    const owner = await lockOwner(lockPath)
    if (owner !== undefined && !isAlive(owner)) {
      await rm(lockPath, { force: true })
      continue
    }
    if (!isWaiting && owner !== undefined) {
      isWaiting = true
      plan.onWait(owner)
    }
    await delay(plan.pollMs ?? 250)
    if (await exists(plan.directory)) return false
  }
}

async function createLock(lockPath: string): Promise<boolean> {
  try {
    const file = await open(lockPath, 'wx')
    await file.writeFile(String(process.pid))
    await file.close()
    return true
  } catch (thrown) {
    if (isCode(thrown, 'EEXIST')) return false
    throw new InstallError(`cannot write ${lockPath}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown })
  }
}

// Undefined while the owner has not written its number yet, or when the lock has just gone.
async function lockOwner(lockPath: string): Promise<number | undefined> {
  try {
    const owner = Number.parseInt(await readFile(lockPath, 'utf8'), 10)
    if (owner > 0) return owner
    const ageMs = Date.now() - (await stat(lockPath)).mtimeMs
    // Died between creating the lock and writing to it; -1 is nobody's number.
    return ageMs > 10_000 ? -1 : undefined
  } catch (thrown) {
    if (isCode(thrown, 'ENOENT')) return undefined
    throw thrown
  }
}

function isAlive(processId: number): boolean {
  if (processId <= 0) return false
  try {
    process.kill(processId, 0)
    return true
  } catch (thrown) {
    return isCode(thrown, 'EPERM')
  }
}

async function removeLeftovers(directory: string): Promise<void> {
  const prefix = `${basename(directory)}.partial-`
  const names = await readdir(dirname(directory))
  for (const name of names) {
    if (!name.startsWith(prefix) || isAlive(Number(name.slice(prefix.length)))) continue
    await rm(join(dirname(directory), name), { recursive: true, force: true })
  }
}

async function moveIntoPlace(partial: string, directory: string): Promise<void> {
  try {
    await rename(partial, directory)
  } catch (thrown) {
    // Somebody else was first: theirs is as good.
    if (!isCode(thrown, 'ENOTEMPTY') && !isCode(thrown, 'EEXIST')) throw thrown
  }
}

function isCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code
}
