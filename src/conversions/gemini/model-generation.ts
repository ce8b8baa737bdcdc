// What a Gemini model can do depends on its generation, and the only thing that tells the generation is its name.

/** The first generation whose tool calls are refused without their thought signature, and which takes a level of thinking. */
export const signedGeneration = 3

/** 2.5 for `gemini-2.5-flash`, 3 for `gemini-3-pro-preview`; undefined for names without a number. `gemini-…-latest` is a current one. */
export function generationOf(model: string): number | undefined {
  const named = /gemini-(\d+(?:\.\d+)?)/.exec(model)?.[1]
  if (named !== undefined) return Number(named)
  return /gemini-[a-z-]+-latest$/.test(model) ? signedGeneration : undefined
}
