// Processes that a test run has left behind, found in /proc: those of its session, and those that carry its mark in their environment,
// which survives a session of their own. Where there is no /proc nothing is found, and the summary says so.

import { existsSync, readdirSync, readFileSync } from 'node:fs'

export const canFindLeftovers = existsSync('/proc/self/stat')

/** [{pid, command}] of the session `session`, and of everything started with TOLLGATE_TEST_RUN=`marker`. Never ourselves. */
export function findLeftovers({ session, marker }) {
  if (!canFindLeftovers) return []
  const found = []
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid) continue
    const state = readState(pid)
    // A zombie is dead: only its parent has not asked yet.
    if (state === undefined || state.letter === 'Z' || state.letter === 'X') continue
    if (state.session === session || carries(pid, marker)) found.push({ pid, command: commandOf(pid) })
  }
  return found
}

/** SIGTERM to each of them, SIGKILL to those that are still there after `graceMs`. */
export async function endProcesses(processes, graceMs) {
  for (const { pid } of processes) signal(pid, 'SIGTERM')
  const deadline = Date.now() + graceMs
  while (processes.some(({ pid }) => isAlive(pid)) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
  for (const { pid } of processes) if (isAlive(pid)) signal(pid, 'SIGKILL')
}

// proc(5), /proc/pid/stat: the name in parentheses may hold anything, so count from its last one: state, ppid, pgrp, session.
function readState(pid) {
  const text = readProc(pid, 'stat')
  if (text === undefined) return undefined
  const [letter, , , session] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { letter, session: Number(session) }
}

function carries(pid, marker) {
  const text = readProc(pid, 'environ')
  return text !== undefined && marker !== undefined && text.split('\0').includes(`TOLLGATE_TEST_RUN=${marker}`)
}

function commandOf(pid) {
  return (readProc(pid, 'cmdline') ?? '').split('\0').join(' ').trim().slice(0, 200)
}

// Undefined when the process has gone, or is not ours to look into.
function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch (thrown) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(thrown.code)) return undefined
    throw thrown
  }
}

function isAlive(pid) {
  const state = readState(pid)
  return state !== undefined && state.letter !== 'Z' && state.letter !== 'X'
}

function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch (thrown) {
    if (thrown.code !== 'ESRCH') throw thrown
  }
}
