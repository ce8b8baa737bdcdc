// Envoy configuration as YAML text for people: with a header, and with a comment wherever a setting is not what Envoy would do by default.

import { Document, isMap, isScalar, isSeq, type Node, type ParsedNode } from 'yaml'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { annotations, type Annotation } from './annotations.ts'
import type { EnvoyObject } from './envoy-object.ts'
import { renderBootstrap } from './render.ts'
import type { RenderOptions } from './render-input.ts'

/** `header`: lines without `#`, put in front as a comment. */
export function toYaml(content: EnvoyObject, header: readonly string[]): string {
  return documentText(new Document(content), header)
}

/** The static bootstrap with every setting explained where it first stands. `header` as in `toYaml`. */
export function renderAnnotated(config: RuntimeConfig, options: RenderOptions & { readonly header: readonly string[] }): string {
  const document = new Document(renderBootstrap(config, options).bootstrap)
  annotate(document.contents, [], new Set(annotations))
  return documentText(document, options.header)
}

function documentText(document: Document, header: readonly string[]): string {
  document.commentBefore = header.map((line) => (line === '' ? '' : ` ${line}`)).join('\n')
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

// Each annotation is used once, where its path occurs first: the second cluster needs no second lecture.
function annotate(node: Node | ParsedNode | null, path: readonly string[], unused: Set<Annotation>): void {
  if (isSeq<Node>(node)) {
    for (const item of node.items) annotate(item, path, unused)
    return
  }
  if (!isMap<Node, Node>(node)) return
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue
    const here = [...path, String(key.value)]
    for (const annotation of unused) {
      if (!endsWith(here, annotation.at) || !matchesValue(value, annotation.value)) continue
      unused.delete(annotation)
      key.commentBefore = annotation.why.map((line) => ` ${line}`).join('\n')
    }
    annotate(value, here, unused)
  }
}

function endsWith(path: readonly string[], end: readonly string[]): boolean {
  return end.length <= path.length && end.every((part, index) => path[path.length - end.length + index] === part)
}

function matchesValue(node: Node | null, wanted: string | undefined): boolean {
  return wanted === undefined || (isScalar(node) && node.value === wanted)
}
