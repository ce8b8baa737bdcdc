// Where each of several processes serves Envoy: their addresses follow from the first one's, so that a configuration names only that.

/**
 * Addresses of workers 1 … `workers`. A unix socket gets the number into its name (`extproc.sock`, `extproc-2.sock`, …), a port is counted
 * up. Port 0 stays: the system chooses. `first`: `unix:/path` or `host:port`. Ports beyond 65535 are for the caller to refuse.
 */
export function workerAddresses(first: string, workers: number): readonly string[] {
  return Array.from({ length: workers }, (_, index) => workerAddress(first, index + 1))
}

function workerAddress(first: string, worker: number): string {
  if (worker === 1) return first
  if (first.startsWith('unix:')) return first.replace(/(\.[^./]*)?$/, (extension) => `-${worker}${extension}`)
  const colon = first.lastIndexOf(':')
  const port = Number(first.slice(colon + 1))
  return port === 0 ? first : `${first.slice(0, colon)}:${port + worker - 1}`
}
