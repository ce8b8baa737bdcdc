// High percentiles of token counts, known to about 5 % and always up to date: a histogram whose buckets grow by a tenth and in which old
// observations fade. Small enough to be kept for every caller and model.

/** A quantile is at most this much away from a value that was observed at that rank. */
export const RELATIVE_ERROR = 0.05
/** From the lower edge of a bucket to its upper one: then its middle is nowhere further away than RELATIVE_ERROR (DDSketch, VLDB 2019). */
const GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)

/** Largest value that is told from others: the largest token count that is believed (core/usage.ts). 216 buckets reach that far. */
export const MAX_VALUE = 2_147_483_647
const LAST_BUCKET = Math.ceil(Math.log(MAX_VALUE) / Math.log(GROWTH))

/**
 * After so many observations, one counts half. Of what was before the last 500 then 3 % of the weight are left, so habits that have changed
 * are known after a few hundred answers, and the percentile 97 still rests on about nine observations above it.
 */
export const HALF_LIFE = 100

/** The newest observation weighs more and more instead of all others less and less; at this weight all are divided by it. */
const MAX_NEWEST = 2 ** 10
/** Buckets that weigh less than this share of one observation are forgotten when that happens. */
const MIN_WEIGHT = 2 ** -10

/** Its count, then bucket and weight by turns, buckets ascending; an observation made now would weigh 1. */
export type SketchJson = readonly number[]

export class QuantileSketch {
  /** Observations so far, faded ones included. */
  #count = 0
  /** What an observation weighs that is made now. */
  #newest = 1
  // Side by side, ascending by bucket: half as large as a Map, and there may be as many sketches as callers.
  #buckets: number[] = []
  #weights: number[] = []

  get count(): number {
    return this.#count
  }

  /** Values below 1 count as 1, those above MAX_VALUE as MAX_VALUE. */
  add(value: number): void {
    this.#fade(1)
    this.#put(bucketOf(value), this.#newest)
  }

  /** The value that the share `q` (0 … 1) of the observations does not exceed, rounded up; undefined before the first one. */
  quantile(q: number): number | undefined {
    if (this.#buckets.length === 0) return undefined
    const rank = q * this.#weights.reduce((sum, weight) => sum + weight, 0)
    let below = 0
    let index = 0
    for (; index < this.#buckets.length - 1; index += 1) {
      below += this.#weights[index] ?? 0
      if (below >= rank) break
    }
    return valueOf(this.#buckets[index] ?? 0)
  }

  /** As if all that `later` has observed had been observed here, after what was before. */
  merge(later: QuantileSketch): void {
    this.#fade(later.#count)
    const scale = this.#newest / later.#newest
    for (const [index, bucket] of later.#buckets.entries()) this.#put(bucket, (later.#weights[index] ?? 0) * scale)
  }

  /** Shorter than it is exact: weights have three decimals. */
  toJson(): SketchJson {
    const json = [this.#count]
    for (const [index, bucket] of this.#buckets.entries()) {
      const weight = Math.round(((this.#weights[index] ?? 0) / this.#newest) * 1_000) / 1_000
      if (weight > 0) json.push(bucket, weight)
    }
    return json
  }

  /** Undefined for anything that `toJson` does not write. */
  static fromJson(json: unknown): QuantileSketch | undefined {
    if (!Array.isArray(json) || json.length % 2 === 0 || json.length > 2 * LAST_BUCKET + 3) return undefined
    const [count, ...rest] = json as readonly unknown[]
    if (!Number.isSafeInteger(count) || typeof count !== 'number' || count < 0) return undefined
    const sketch = new QuantileSketch()
    sketch.#count = count
    for (let index = 0; index < rest.length; index += 2) {
      const bucket = rest[index]
      const weight = rest[index + 1]
      if (!isBucket(bucket) || typeof weight !== 'number' || !(weight > 0 && weight <= count)) return undefined
      sketch.#put(bucket, weight)
    }
    return sketch
  }

  #fade(observations: number): void {
    this.#count += observations
    this.#newest *= 2 ** (observations / HALF_LIFE)
    if (this.#newest > MAX_NEWEST) this.#rescale()
  }

  #rescale(): void {
    const kept = this.#weights.map((weight) => weight / this.#newest)
    this.#buckets = this.#buckets.filter((_bucket, index) => (kept[index] ?? 0) >= MIN_WEIGHT)
    this.#weights = kept.filter((weight) => weight >= MIN_WEIGHT)
    this.#newest = 1
  }

  #put(bucket: number, weight: number): void {
    let index = this.#buckets.length
    while (index > 0 && (this.#buckets[index - 1] ?? 0) > bucket) index -= 1
    if (index > 0 && this.#buckets[index - 1] === bucket) this.#weights[index - 1] = (this.#weights[index - 1] ?? 0) + weight
    else {
      this.#buckets.splice(index, 0, bucket)
      this.#weights.splice(index, 0, weight)
    }
  }
}

function isBucket(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LAST_BUCKET
}

/** Bucket n holds what is above GROWTH^(n-1) and not above GROWTH^n. */
function bucketOf(value: number): number {
  return Math.ceil(Math.log(Math.min(Math.max(value, 1), MAX_VALUE)) / Math.log(GROWTH))
}

function valueOf(bucket: number): number {
  return Math.ceil((2 * GROWTH ** bucket) / (GROWTH + 1))
}
