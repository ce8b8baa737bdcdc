// Whether anything still holds on to an object, by V8's own word.

import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Makes an object, lets go of it and tells whether it is gone after a full collection. */
export async function isCollected(make: () => object): Promise<boolean> {
  setFlagsFromString('--expose-gc')
  // Node types no way to turn it on later; this is the one it documents.
  const collect = runInNewContext('gc') as () => void
  const held = new WeakRef(make())
  // A WeakRef keeps its object until the turn in which it was made is over.
  await setImmediate()
  collect()
  return held.deref() === undefined
}
