// Answers as providers send them, from test/fixtures/answers.

import { readFileSync } from 'node:fs'

/** The bytes of one fixture. */
export function answerFixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/answers/${name}`, import.meta.url))
}
