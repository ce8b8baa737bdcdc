// What LiteLLM and Portkey call the vendors whose price lists we have under other names.

import { vendorIds } from './catalogue.ts'

const OURS: Readonly<Record<string, string>> = {
  azure_ai: 'azure',
  'azure-ai': 'azure',
  'azure-openai': 'azure',
  bedrock: 'aws',
  bedrock_converse: 'aws',
  'bedrock-mantle': 'aws',
  cohere_chat: 'cohere',
  fireworks_ai: 'fireworks',
  'fireworks-ai': 'fireworks',
  gemini: 'google',
  vertex_ai: 'google',
  'vertex-ai': 'google',
  'mistral-ai': 'mistral',
  moonshot: 'moonshotai',
  'novita-ai': 'novita',
  'open-ai': 'openai',
  'text-completion-openai': 'openai',
  'perplexity-ai': 'perplexity',
  together_ai: 'together',
  'together-ai': 'together',
  voyage: 'voyageai',
  xai: 'x-ai',
  'z-ai': 'zai',
  zhipu: 'zhipuai',
}

/** Undefined for a vendor of whom we have no list. LiteLLM has `vertex_ai-language-models` and the like beside `vertex_ai`. */
export function vendorOfForeign(name: string): string | undefined {
  const known = OURS[name] ?? (name.startsWith('vertex_ai-') ? 'google' : name)
  return vendorIds.includes(known) ? known : undefined
}
