import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { buildIfChanged, buildProgram } from '../../scripts/build-program.mjs'

describe('what runs in a clone', () => {
  const root = mkdtempSync(join(tmpdir(), 'tollgate-build-'))
  after(() => rmSync(root, { recursive: true, force: true }))
  const write = (name, text) => writeFileSync(join(root, 'src', name), text)
  const run = async (path) => {
    const script = `process.stdout.write(String((await import(${JSON.stringify(pathToFileURL(path).href)})).answer))`
    return Number((await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])).stdout)
  }
  mkdirSync(join(root, 'src'))
  write('main.ts', `import { two } from './two.ts'\nexport const answer: number = 40 + two\n`)
  write('two.ts', 'export const two = 2\n')

  it('is built once, and again when a source has changed', async () => {
    const path = await buildIfChanged(root)
    assert.equal(await run(path), 42)
    const builtAt = statSync(path).mtimeMs
    write('two.test.ts', 'no part of it')
    await buildIfChanged(root)
    assert.equal(statSync(path).mtimeMs, builtAt)
    write('two.ts', 'export const two = 3\n')
    assert.equal(await run(await buildIfChanged(root)), 43)
    const before = statSync(join(root, 'src', 'two.ts'))
    write('two.ts', 'export const two = 4\n')
    utimesSync(join(root, 'src', 'two.ts'), before.atime, new Date(before.mtimeMs - 60_000))
    assert.equal(await run(await buildIfChanged(root)), 44, 'an older file, such as git brings back')
    assert.deepEqual(readdirSync(join(root, 'dist')).sort(), ['main.js', 'main.js.map'])
  })

  it('is built by several at once without any of them seeing a part of it', async () => {
    write('two.ts', 'export const two = 5\n')
    const script = `
      import { buildIfChanged } from ${JSON.stringify(new URL('../../scripts/build-program.mjs', import.meta.url).href)}
      import { pathToFileURL } from 'node:url'
      process.stdout.write(String((await import(pathToFileURL(await buildIfChanged(process.argv[1])).href)).answer))
    `
    const answers = await Promise.all(Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, root])))
    assert.deepEqual(answers.map(({ stdout }) => stdout), ['45', '45', '45', '45'])
    assert.deepEqual(readdirSync(join(root, 'dist')).sort(), ['main.js', 'main.js.map'])
  })

  it('stays as it is when a source is broken, and is not taken for a new one', async () => {
    const path = await buildIfChanged(root)
    const whole = readFileSync(path)
    write('two.ts', 'export const two =\n')
    await assert.rejects(buildIfChanged(root), /two\.ts/)
    await assert.rejects(buildIfChanged(root), /two\.ts/)
    assert.deepEqual(readFileSync(path), whole)
  })

  it('is what the package has', async () => {
    write('two.ts', 'export const two = 6\n')
    await buildProgram(root)
    assert.equal(await run(join(root, 'dist', 'main.js')), 46)
  })
})
