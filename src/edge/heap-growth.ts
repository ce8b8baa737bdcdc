// Tells V8 how far the heap may grow between two full collections.

import { setFlagsFromString } from 'node:v8'

/** Percent of what was alive after the last one. */
const GROWTH_PERCENT = 300

/**
 * V8 chooses 10 to 300 percent by how fast objects are made, and does not see Buffers in that, though it counts their bytes against
 * the limit: with bodies of 100 KB it collected everything after every 50 requests, which took half of the CPU. Always the largest of
 * its own choices then. Costs about 30 MB; the largest size of the heap stays what it is.
 */
export function growHeapFreely(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}
