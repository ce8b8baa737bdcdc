// The matrix: every case with every conversion that it concerns, and the file that holds what is expected of it.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type GoldenPair, pairs } from './dialects.ts'
import { readFrames } from './read-frames.ts'
import { runAnswer, runError, runRequest, runStream, showStream } from './run-case.ts'

export const expectedFolder = fileURLToPath(new URL('expected', import.meta.url))

export interface GoldenCase {
  readonly pair: GoldenPair
  /** Under expected/. */
  readonly file: string
  /** What comes out now. */
  readonly produce: () => string
  /** Of streams: the provider's bytes. */
  readonly stream: Buffer | undefined
}

export function listCases(): readonly GoldenCase[] {
  return pairs.flatMap((pair) => [...listRequests(pair), ...listAnswers(pair)])
}

function listRequests(pair: GoldenPair): GoldenCase[] {
  const folder = join('cases', pair.client.name)
  return listFiles(folder).map((name) => {
    const file = join(pair.name, name.replace(/\.json$/, '.request.json'))
    return { pair, file, produce: () => runRequest(pair, read(folder, name)), stream: undefined }
  })
}

function listAnswers(pair: GoldenPair): GoldenCase[] {
  const { answers } = pair.target
  if (answers === undefined) return []
  const folder = join('answers', answers)
  return listFiles(folder).map((name) => {
    if (!name.endsWith('.json')) {
      const stream = name.endsWith('.frames') ? readFrames(read(folder, name).toString('utf8')) : read(folder, name)
      const file = join(pair.name, name.replace(/\.[^.]*$/, '.stream.txt'))
      return { pair, file, produce: () => showStream(runStream(pair, stream, stream.length)), stream }
    }
    const file = join(pair.name, name.replace(/\.json$/, '.answer.json'))
    const run = name.startsWith('error') ? runError : runAnswer
    return { pair, file, produce: () => run(pair, read(folder, name)), stream: undefined }
  })
}

function listFiles(folder: string): string[] {
  const path = fileURLToPath(new URL(folder, import.meta.url))
  return existsSync(path) ? readdirSync(path).toSorted() : []
}

function read(folder: string, name: string): Buffer {
  return readFileSync(new URL(join(folder, name), import.meta.url))
}
