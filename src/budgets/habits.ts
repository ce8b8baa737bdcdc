// What answers have taught: how long they are, by model and by caller, and how far guesses of their input were off. This may be all that a
// process remembers, or what it has learned in the last seconds: one can be merged into another.

import { isObject } from '../core/is-object.ts'
import type { Usage } from '../core/usage.ts'
import { QuantileSketch, type SketchJson } from './quantile-sketch.ts'
import { createRecentMap, type RecentMap } from './recent-map.ts'

/** A whole answer. */
export interface ObservedAnswer {
  /** Callers with one key are expected to get answers alike; printable. Longer than MAX_CALLER_KEY, it teaches about its model only. */
  readonly callerKey: string
  /** The canonical name. */
  readonly model: string
  /** What was guessed of the input from the body. */
  readonly inputGuess: number
  /** Nothing is learned of a usage with flags: it is not what a provider counted. */
  readonly usage: Pick<Usage, 'inputTokens' | 'outputTokens' | 'flags'>
  /** Answers in one, as asked for. */
  readonly choices: number
}

export interface Habits {
  learn(answer: ObservedAnswer): void
  /** Output tokens of one choice, of one caller or, without `callerKey`, of all. Undefined: nothing is known. Only to be read. */
  outputOf(model: string, callerKey?: string): QuantileSketch | undefined
  /** Thousandths of the guess that the input really had, where the guess was about as large. Undefined: nothing is known. Only to be read. */
  inputOf(model: string, inputGuess: number): QuantileSketch | undefined
  /** As if all that is in `json` had been learned here, after what was before. What `toJson` does not write is passed over. */
  merge(json: unknown): void
  /** All models, and as many callers, those that were used last. */
  toJson(options: { readonly maxCallers: number }): HabitsJson
  readonly isEmpty: boolean
  /** As `toJson`; what is given is forgotten here. Undefined when nothing is known. */
  take(options: { readonly maxCallers: number }): HabitsJson | undefined
}

export interface HabitsJson {
  /** 'output' or a size class of input behind the model's name. */
  readonly models: readonly HabitEntry[]
  /** The key of a caller behind the model's name. */
  readonly callers: readonly HabitEntry[]
}

type HabitEntry = readonly [key: string, observed: SketchJson]

/** Callers × models remembered, at about 1 KB each. Who is forgotten begins again with what is usual for the model. */
export const MAX_CALLERS = 50_000
/** Models × size classes. They are named by configurations; the bound is for a process that lives through many of them. */
const MAX_MODELS = 10_000
/** Longer keys would fill the memory, and Redis. */
export const MAX_CALLER_KEY = 256
const MAX_KEY = 2 * MAX_CALLER_KEY

/** The unit of `inputOf`. */
export const WHOLE_RATIO = 1_000

const OUTPUT = 'output'

export function createHabits({ maxCallers: mostCallers = MAX_CALLERS }: { readonly maxCallers?: number } = {}): Habits {
  const models = createRecentMap<QuantileSketch>(MAX_MODELS)
  const callers = createRecentMap<QuantileSketch>(mostCallers)

  function toJson({ maxCallers }: { readonly maxCallers: number }): HabitsJson {
    return { models: entriesOf(models, MAX_MODELS), callers: entriesOf(callers, maxCallers) }
  }

  const isEmpty = (): boolean => models.size === 0 && callers.size === 0

  return {
    get isEmpty() {
      return isEmpty()
    },
    learn({ callerKey, model, inputGuess, usage, choices }) {
      const { inputTokens, outputTokens, flags } = usage
      if (flags.length > 0) return
      if (inputTokens !== undefined) sketchIn(models, keyOf(model, sizeClass(inputGuess))).add((inputTokens / Math.max(inputGuess, 1)) * WHOLE_RATIO)
      // An answer without output belongs to a format that has none.
      if (outputTokens === undefined || outputTokens === 0) return
      const ofOneChoice = outputTokens / Math.max(choices, 1)
      sketchIn(models, keyOf(model, OUTPUT)).add(ofOneChoice)
      if (callerKey.length <= MAX_CALLER_KEY) sketchIn(callers, keyOf(model, callerKey)).add(ofOneChoice)
    },
    outputOf: (model, callerKey) => (callerKey === undefined ? models.get(keyOf(model, OUTPUT)) : callers.get(keyOf(model, callerKey))),
    inputOf: (model, inputGuess) => models.get(keyOf(model, sizeClass(inputGuess))),
    merge(json) {
      if (!isObject(json)) return
      mergeEntries(models, json['models'])
      mergeEntries(callers, json['callers'])
    },
    toJson,
    take(options) {
      if (isEmpty()) return undefined
      const taken = toJson(options)
      models.clear()
      for (const [key] of taken.callers) callers.delete(key)
      return taken
    },
  }
}

function sketchIn(sketches: RecentMap<QuantileSketch>, key: string): QuantileSketch {
  const known = sketches.get(key)
  if (known !== undefined) return known
  const sketch = new QuantileSketch()
  sketches.set(key, sketch)
  return sketch
}

function entriesOf(sketches: RecentMap<QuantileSketch>, limit: number): readonly HabitEntry[] {
  // Those used last come last, so that they also do in the map that they are merged into.
  return sketches.latest(limit).map(([key, sketch]) => [key, sketch.toJson()] as const).toReversed()
}

function mergeEntries(sketches: RecentMap<QuantileSketch>, entries: unknown): void {
  if (!Array.isArray(entries)) return
  for (const entry of entries as readonly unknown[]) {
    if (!Array.isArray(entry)) continue
    const [key, observed] = entry as readonly unknown[]
    const later = QuantileSketch.fromJson(observed)
    if (typeof key === 'string' && key.length <= MAX_KEY && later !== undefined) sketchIn(sketches, key).merge(later)
  }
}

/** Factors of four: how far a guess is off depends on its size, since what templates add does not grow and what a provider remembers is not in the body. */
function sizeClass(inputGuess: number): string {
  return String(Math.floor(Math.log2(Math.max(inputGuess, 1)) / 2))
}

function keyOf(model: string, part: string): string {
  return `${model}\n${part}`
}
