// Pictures, documents and search results of a Messages request. Sources: docs.anthropic.com, "Vision", "PDF support", "Search results".

import type { DocumentPart, ImagePart, JsonObject, MediaSource, TextPart } from '../conversation.ts'
import { isList } from '../json-value.ts'
import { expectList, expectObject, expectOneOf, expectString, optionalBoolean, optionalObject, optionalString, unsupported } from './field-checks.ts'
import { readCacheMark } from './read-cache-mark.ts'

type MediaPart = TextPart | ImagePart | DocumentPart

export function readImage(block: JsonObject, at: string): ImagePart {
  const param = `${at}.source`
  const source = expectObject(block['source'], param)
  const type = expectOneOf(source['type'], `${param}.type`, ['base64', 'url', 'file'])
  if (type === 'file') throw fileUnsupported(param)
  return { kind: 'image', source: readSource(source, type, param), ...readCacheMark(block, at) }
}

/** More than one part for a document that holds pictures, or that has a context told beside it. */
export function readDocument(block: JsonObject, at: string, dropped: Set<string>): readonly MediaPart[] {
  const param = `${at}.source`
  const source = expectObject(block['source'], param)
  const type = expectOneOf(source['type'], `${param}.type`, ['base64', 'text', 'url', 'content', 'file'])
  const context = optionalString(block['context'], `${at}.context`)
  noteCitations(block, at, dropped)
  const parts: MediaPart[] = context === undefined ? [] : [{ kind: 'text', text: context }]
  const rest = { ...named(optionalString(block['title'], `${at}.title`)), ...readCacheMark(block, at) }
  switch (type) {
    case 'file':
      throw fileUnsupported(param)
    case 'text':
      return [...parts, { kind: 'document', source: { kind: 'text', text: expectString(source['data'], `${param}.data`) }, ...rest }]
    case 'content': {
      const { text, images } = readContent(source, param)
      return [...parts, ...images, { kind: 'document', source: { kind: 'text', text }, ...rest }]
    }
    case 'base64':
    case 'url':
      return [...parts, { kind: 'document', source: readSource(source, type, param), ...rest }]
  }
}

/** A search result is a short document under its title and address. */
export function readSearchResult(block: JsonObject, at: string, dropped: Set<string>): readonly MediaPart[] {
  noteCitations(block, at, dropped)
  const title = expectString(block['title'], `${at}.title`)
  const address = expectString(block['source'], `${at}.source`)
  const texts = expectList(block['content'], `${at}.content`).map((value, index) => readText(value, `${at}.content.${index}`))
  return [{ kind: 'document', source: { kind: 'text', text: [address, ...texts].join('\n') }, ...named(title), ...readCacheMark(block, at) }]
}

function readSource(source: JsonObject, type: 'base64' | 'url', param: string): MediaSource {
  if (type === 'url') return { kind: 'url', url: expectString(source['url'], `${param}.url`) }
  return { kind: 'data', mediaType: expectString(source['media_type'], `${param}.media_type`), data: expectString(source['data'], `${param}.data`) }
}

function readContent(source: JsonObject, param: string): { readonly text: string; readonly images: readonly ImagePart[] } {
  const content = source['content']
  if (typeof content === 'string') return { text: content, images: [] }
  const images: ImagePart[] = []
  const texts: string[] = []
  if (content === undefined || content === null || !isList(content)) return { text: expectString(content, `${param}.content`), images }
  for (const [index, value] of content.entries()) {
    const at = `${param}.content.${index}`
    const block = expectObject(value, at)
    if (expectOneOf(block['type'], `${at}.type`, ['text', 'image']) === 'image') images.push(readImage(block, at))
    else texts.push(readText(block, at))
  }
  return { text: texts.join('\n'), images }
}

function readText(value: JsonObject[string], at: string): string {
  return expectString(expectObject(value, at)['text'], `${at}.text`)
}

// No other API quotes its sources in this form; the answer is the same without.
function noteCitations(block: JsonObject, at: string, dropped: Set<string>): void {
  const citations = optionalObject(block['citations'], `${at}.citations`)
  if (optionalBoolean(citations?.['enabled'], `${at}.citations.enabled`) === true) dropped.add('citations')
}

function named(name: string | undefined): { readonly name?: string } {
  return name === undefined || name === '' ? {} : { name }
}

function fileUnsupported(param: string): Error {
  return unsupported(param, 'files that were uploaded to Anthropic are at Anthropic only; send their data')
}
