// Envoy configuration as YAML text for people: with a header, and with a comment wherever a setting is not what Envoy would do by default.

import { Document, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { annotations, type Annotation } from './annotations.ts'
import type { EnvoyObject } from './envoy-object.ts'
import { renderBootstrap } from './render.ts'
import type { RenderOptions } from './render-input.ts'
import { versionFeatures } from './version-features.ts'

/** `header`: lines without `#`, put in front as a comment. */
export function toYaml(content: EnvoyObject, header: readonly string[]): string {
  return documentText(new Document(content, documentOptions), header)
}

/** The static bootstrap with every setting explained where it first stands. `header` as in `toYaml`. */
export function renderAnnotated(config: RuntimeConfig, options: RenderOptions & { readonly header: readonly string[] }): string {
  const { chainForm } = versionFeatures(options.version ?? config.envoy.version)
  const fitting = annotations.filter((annotation) => annotation.chainForm === undefined || annotation.chainForm === chainForm)
  const document = new Document(renderBootstrap(config, options).bootstrap, documentOptions)
  if (isMap<Node, Node>(document.contents)) annotateMap(document.contents, [], new Set(fitting))
  return documentText(document, options.header)
}

// An alias would save a few lines and cost every reader who copies one cluster. Envoy's parser and many others read YAML 1.1, in which
// 2023-06-01 is a date and `no` is false: strings that mean something else there are quoted.
const documentOptions = { aliasDuplicateObjects: false, version: '1.1' } as const

function documentText(document: Document, header: readonly string[]): string {
  document.commentBefore = comment(header)
  return document.toString({ lineWidth: 0 })
}

function comment(lines: readonly string[]): string {
  return lines.map((line) => (line === '' ? '' : ` ${line}`)).join('\n')
}

// Each annotation is used once, where its path occurs first: the second cluster needs no second lecture.
function annotate(node: Node, path: readonly string[], unused: Set<Annotation>): void {
  if (isMap<Node, Node>(node)) annotateMap(node, path, unused)
  if (!isSeq<Node>(node)) return
  for (const item of node.items) {
    if (!isMap<Node, Node>(item)) continue
    const first = annotateMap(item, path, unused)
    if (first === undefined) continue
    // Before the dash instead of after it.
    item.commentBefore = first.commentBefore ?? null
    first.commentBefore = null
  }
}

/** Returns the first key when it was given a comment. */
function annotateMap(map: YAMLMap<Node, Node>, path: readonly string[], unused: Set<Annotation>): Node | undefined {
  for (const { key, value } of map.items) {
    if (!isScalar(key) || value === null) continue
    const here = [...path, String(key.value)]
    const annotation = [...unused].find(({ at, value: wanted }) => endsWith(here, at) && (wanted === undefined || (isScalar(value) && String(value.value) === wanted)))
    if (annotation !== undefined) {
      unused.delete(annotation)
      key.commentBefore = comment(annotation.why)
    }
    annotate(value, here, unused)
  }
  const first = map.items[0]?.key
  return isScalar(first) && typeof first.commentBefore === 'string' ? first : undefined
}

function endsWith(path: readonly string[], end: readonly string[]): boolean {
  return end.length <= path.length && end.every((part, index) => path[path.length - end.length + index] === part)
}
