// Whose price list holds for a provider: by where it is, else by the API that only one vendor has, else by what it is called.

import { findVendor, vendorIds } from './catalogue.ts'

/** APIs that are their vendor's own wherever they are reached, through a proxy or a private address. */
const VENDOR_OF_API: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  'aws-bedrock': 'aws',
  'aws-bedrock-claude': 'aws',
  'azure-openai': 'azure',
  'gcp-vertex': 'google',
  'gcp-vertex-claude': 'google',
  'google-ai-studio': 'google',
  cohere: 'cohere',
}

/** Presets whose addresses the price lists do not know, but whose vendors they do. */
const VENDOR_OF_NAME: Readonly<Record<string, string>> = { moonshot: 'moonshotai', xai: 'x-ai' }

export interface PlacedProvider {
  /** As the configuration calls it. */
  readonly name: string
  /** What it says in `api:`. */
  readonly api: string
  /** Its address, as far as it is the same for all calls: https://api.openai.com/v1 */
  readonly url: string
}

/**
 * Undefined when nobody's list holds: OpenAI's API is spoken by every local server, and those are neither OpenAI's price nor free. Such a
 * provider has a list all the same when it is called like a vendor.
 */
export function vendorOf({ name, api, url }: PlacedProvider): string | undefined {
  const words = api === 'openai' ? [name] : [api, name]
  return findVendor(url) ?? VENDOR_OF_API[api] ?? words.map((word) => VENDOR_OF_NAME[word] ?? word).find((word) => vendorIds.includes(word))
}
