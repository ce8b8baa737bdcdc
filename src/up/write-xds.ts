// Writes Envoy's configuration as files that Envoy watches. Each file is renamed into place, because a half-written one would be read.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { renderXds } from '../envoy/render.ts'
import type { RenderOptions } from '../envoy/render-input.ts'
import { toYaml } from '../envoy/to-yaml.ts'

export const BOOTSTRAP_FILE = 'bootstrap.yaml'

/**
 * Renders into `folder` (made if missing) in the order that Envoy needs; files whose content is the same are left alone.
 * Returns the path of the bootstrap to start Envoy with, and the names of the files that changed.
 */
export async function writeXds(config: RuntimeConfig, folder: string, options: RenderOptions = {}): Promise<{ bootstrap: string; changed: string[] }> {
  const directory = resolve(folder)
  await mkdir(directory, { recursive: true })
  const rendered = renderXds(config, { ...options, directory })
  const header = [`Made by tollgate from its configuration (revision ${config.revision}). Do not edit: it is written again on every change.`]
  const changed: string[] = []
  for (const { name, content } of [...rendered.files, { name: BOOTSTRAP_FILE, content: rendered.bootstrap }]) {
    if (await replaceFile(join(directory, name), toYaml(content, header))) changed.push(name)
  }
  return { bootstrap: join(directory, BOOTSTRAP_FILE), changed }
}

async function replaceFile(path: string, text: string): Promise<boolean> {
  if (withoutHeader(await readIfThere(path)) === withoutHeader(text)) return false
  const temporary = `${path}.new`
  await writeFile(temporary, text)
  await rename(temporary, path)
  return true
}

// The header names the revision; a change of the revision alone is nothing for Envoy.
function withoutHeader(text: string | undefined): string | undefined {
  return text?.slice(text.indexOf('\n'))
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
