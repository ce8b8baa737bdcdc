// RuntimeConfig → Envoy configuration: one static bootstrap, or a bootstrap with files that Envoy watches. Pure; the caller writes files.

import type { RuntimeConfig } from '../config/runtime-config.ts'
import { envoyAddress } from './address.ts'
import { clusters } from './clusters.ts'
import { typedConfig, type EnvoyObject } from './envoy-object.ts'
import { listener } from './listener.ts'
import { trafficName } from './names.ts'
import { renderInput, type RenderInput, type RenderOptions } from './render-input.ts'
import { routeConfiguration } from './routes.ts'
import { secretFiles, staticSecrets } from './secrets.ts'

/** A complete static bootstrap: `envoy -c` takes it as YAML or JSON. Never contains the value of a secret. */
export function renderBootstrap(config: RuntimeConfig, options: RenderOptions = {}): { readonly bootstrap: EnvoyObject } {
  const input = renderInput(config, options)
  const secrets = staticSecrets(input)
  return {
    bootstrap: {
      ...base(input),
      static_resources: {
        ...(secrets.length > 0 ? { secrets } : {}),
        listeners: [listener(input, { route_config: routeConfiguration(input) })],
        clusters: clusters(input),
      },
    },
  }
}

export interface XdsFile {
  /** File name within the directory. */
  readonly name: string
  readonly content: EnvoyObject
}

export interface XdsRender {
  /** Written once; Envoy is started with it. */
  readonly bootstrap: EnvoyObject
  /**
   * To be written in this order, each to a temporary name and then renamed over the old one: Envoy reacts to the rename. Secrets come before
   * the clusters that use them, clusters before the routes that name them.
   */
  readonly files: readonly XdsFile[]
}

/** `directory`: absolute path of the files as Envoy sees them; it must exist before Envoy starts. */
export function renderXds(config: RuntimeConfig, options: RenderOptions & { readonly directory: string }): XdsRender {
  const { directory } = options
  const input = renderInput(config, options, directory)
  const watch = (name: string): EnvoyObject => ({
    resource_api_version: 'V3',
    path_config_source: { path: `${directory}/${name}`, watched_directory: { path: directory } },
  })
  const routes = { rds: { route_config_name: trafficName, config_source: watch('rds.yaml') } }
  return {
    bootstrap: { ...base(input), dynamic_resources: { cds_config: watch('cds.yaml'), lds_config: watch('lds.yaml') } },
    files: [
      ...[...secretFiles(input)].map(([name, secret]) => ({ name, content: { resources: [secret] } })),
      { name: 'cds.yaml', content: resources('envoy.config.cluster.v3.Cluster', clusters(input)) },
      { name: 'rds.yaml', content: resources('envoy.config.route.v3.RouteConfiguration', [routeConfiguration(input)]) },
      { name: 'lds.yaml', content: resources('envoy.config.listener.v3.Listener', [listener(input, routes)]) },
    ],
  }
}

function resources(type: string, list: readonly EnvoyObject[]): EnvoyObject {
  return { resources: list.map((resource) => typedConfig(type, resource)) }
}

function base({ config, features }: RenderInput): EnvoyObject {
  return {
    node: { id: 'tollgate', cluster: 'tollgate' },
    admin: { address: envoyAddress(config.envoy.admin) },
    ...(features.gracefulClose
      ? { layered_runtime: { layers: [{ name: 'tollgate', static_layer: { 'envoy.reloadable_features.ext_proc_graceful_grpc_close': true } }] } }
      : {}),
  }
}
