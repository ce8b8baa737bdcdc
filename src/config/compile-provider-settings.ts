// What only some provider APIs need beside a host and a key: there where it must be, and nowhere else.

import { providerApis } from '../providers/index.ts'
import { noSettings } from '../providers/provider-api.ts'
import { presets, type PresetName } from '../providers/presets.ts'
import type { Draft } from './draft.ts'
import type { ProviderApiName, ProviderSettings } from './runtime-config.ts'
import { apiNames, providerSchema } from './schema-providers.ts'
import type { Path } from './yaml-source.ts'

type SettingName = keyof ProviderSettings

/** The fields of tollgate.yaml, in the order of their complaints. */
const fields: Readonly<Record<SettingName, 'region' | 'project' | 'location' | 'api_version' | 'path_prefix'>> = {
  region: 'region',
  project: 'project',
  location: 'location',
  apiVersion: 'api_version',
  apiPath: 'path_prefix',
}

/** `written`: the value of `api` at `path`. Everything that is missing or superfluous is reported. */
export function compileProviderSettings(draft: Draft, path: Path, written: ProviderApiName | PresetName): ProviderSettings {
  const api = apiOf(written)
  const settings: Record<SettingName, string | undefined> = { ...noSettings, apiPath: presetPath(written) }
  // Object.keys loses the type of the keys that the table is declared with.
  for (const setting of Object.keys(fields) as SettingName[]) {
    const field = fields[setting]
    const need = providerApis[api].settings[setting]
    const at = [...path, field]
    if (draft.has(at) && need === undefined) draft.problem(at, `${field} belongs only to ${servedBy(setting)}; remove it`, 'key')
    if (!draft.has(at) && need === 'required') draft.problem(path, `the key "${field}" is missing, which ${api} needs: ${examples[setting]}`, 'key')
    settings[setting] = draft.pick(at, providerSchema.shape[field]) ?? settings[setting]
  }
  return { ...settings, apiPath: settings.apiPath === '/' ? '' : settings.apiPath }
}

const examples: Readonly<Record<SettingName, string>> = {
  region: 'region: us-east-1',
  project: 'project: my-project-123',
  location: 'location: europe-west1, or global',
  apiVersion: 'api_version: "2024-10-21"',
  apiPath: 'path_prefix: /openai/v1',
}

function servedBy(setting: SettingName): string {
  const apis = apiNames.filter((name) => providerApis[name].settings[setting] !== undefined)
  return `api: ${apis.join(' and ')}${setting === 'apiPath' ? " and OpenAI's look-alikes" : ''}`
}

/** The API behind a value of `api`: a preset speaks OpenAI's. */
export function apiOf(written: ProviderApiName | PresetName): ProviderApiName {
  return isPreset(written) ? 'openai' : written
}

/** Where a value of `api` is reached when the file gives no `url`; undefined when only the file can know. */
export function defaultUrl(written: ProviderApiName | PresetName, settings: ProviderSettings): string | undefined {
  return isPreset(written) ? new URL(presets[written]).origin : providerApis[written].defaultUrl(settings)
}

// `/v1` itself is what clients' paths have already.
function presetPath(written: ProviderApiName | PresetName): string | undefined {
  if (!isPreset(written)) return undefined
  const path = new URL(presets[written]).pathname
  return path === '/v1' ? undefined : path
}

function isPreset(name: ProviderApiName | PresetName): name is PresetName {
  return name in presets
}
