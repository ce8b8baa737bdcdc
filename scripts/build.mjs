// npm run build.

import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildProgram } from './build-program.mjs'

const { outputs } = await buildProgram(dirname(dirname(fileURLToPath(import.meta.url))))
const [name, { bytes, inputs }] = Object.entries(outputs).find(([file]) => file.endsWith('.js'))
process.stdout.write(`${name}: ${Math.ceil(bytes / 1024)} KiB from ${Object.keys(inputs).length} files\n`)
