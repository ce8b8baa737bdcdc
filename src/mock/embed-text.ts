// Embeddings without a model, for every provider that the mock plays.

/** A unit vector that depends on the text only: equal texts are equal, others are not. */
export function embedText(text: string, dimensions: number): Float32Array {
  let state = 2_166_136_261
  for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), 16_777_619)
  const vector = new Float32Array(dimensions)
  let squares = 0
  for (let index = 0; index < dimensions; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    const value = state / 2_147_483_648
    vector[index] = value
    squares += value * value
  }
  const length = Math.sqrt(squares) || 1
  for (let index = 0; index < dimensions; index += 1) vector[index] = (vector[index] ?? 0) / length
  return vector
}
