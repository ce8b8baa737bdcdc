// Chance that can be played again: the same numbers for the same seed.

/** Uniform in 0 … 1, without 1 (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A positive integer, log-normal with this mean; `sigma` is that of its logarithm. By Box and Muller. */
export function drawLogNormal(random: () => number, { mean, sigma }: { readonly mean: number; readonly sigma: number }): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.max(1, Math.round(mean * Math.exp(sigma * normal - sigma ** 2 / 2)))
}

/** One of several, all alike. */
export function pickOne<Item>(random: () => number, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random() * items.length)] ?? items[0]
}
