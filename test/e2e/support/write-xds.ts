// Puts xDS files in place the way Envoy wants it: in order, each by rename.

import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { XdsFile } from '../../../src/envoy/render.ts'
import { toYaml } from '../../../src/envoy/to-yaml.ts'

export async function writeXds(directory: string, files: readonly XdsFile[]): Promise<void> {
  for (const { name, content } of files) {
    const temporary = join(directory, `.${name}.tmp`)
    await writeFile(temporary, toYaml(content, [name]))
    await rename(temporary, join(directory, name))
  }
}
