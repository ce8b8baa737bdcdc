// A process that is killed (`kill -9`, out of memory) can stop nothing any more, and an Envoy that is left behind keeps its port and sends every
// request to a processor that is gone. So a shell beside it waits until the pipe to us breaks, which the kernel sees to, and then ends it.

import { spawn } from 'node:child_process'

/** Makes the process `pid` end (SIGTERM) when this one has ended. Returns how to call that off, which must be done once `pid` has ended by itself. */
export function endWithUs(pid: number): () => void {
  // A session of its own: Ctrl-C in the terminal is for us, and we may need some seconds to let streams finish.
  const watcher = spawn('/bin/sh', ['-c', 'cat > /dev/null; kill "$1"', 'tollgate-watch', String(pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  let isOver = false
  watcher.once('exit', () => {
    isOver = true
  })
  // Where there is no such shell, there is no such help.
  watcher.once('error', () => {
    isOver = true
  })
  watcher.stdin.once('error', () => undefined)
  watcher.unref()
  return () => {
    if (isOver || watcher.pid === undefined) return
    isOver = true
    // The shell and what it runs.
    process.kill(-watcher.pid, 'SIGKILL')
  }
}
