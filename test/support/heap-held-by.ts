// How much memory something keeps alive, by V8's own count after full collections.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export interface Held<Value> {
  /** Kept until here, so that its memory is counted. */
  readonly value: Value
  /** Of the heap. Other work of the process is in it, so leave room. */
  readonly bytes: number
}

export function heapHeldBy<Value>(make: () => Value): Held<Value> {
  setFlagsFromString('--expose-gc')
  // Node types no way to turn it on later; this is the one it documents.
  const collect = runInNewContext('gc') as () => void
  collect()
  const before = process.memoryUsage().heapUsed
  const value = make()
  collect()
  return { value, bytes: process.memoryUsage().heapUsed - before }
}
