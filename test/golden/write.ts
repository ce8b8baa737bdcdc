// Rewrites expected/ with what comes out now, and says what changed: `npx tsx test/golden/write.ts`. Read the difference before you commit it.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expectedFolder, listCases } from './list-cases.ts'

const known = new Set<string>()
let changes = 0

for (const { file, produce } of listCases()) {
  known.add(file)
  const path = join(expectedFolder, file)
  const text = produce()
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  if (before === text) continue
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  report(before === undefined ? 'new' : 'changed', file)
}

for (const file of readdirSync(expectedFolder, { recursive: true, encoding: 'utf8' })) {
  if (known.has(file) || !/\.(?:json|txt)$/.test(file)) continue
  rmSync(join(expectedFolder, file))
  report('gone', file)
}

process.stdout.write(`${known.size} expectations, ${changes} of them different from before\n`)

function report(what: string, file: string): void {
  changes += 1
  process.stdout.write(`${what}  ${file}\n`)
}
