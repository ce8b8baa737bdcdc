// Providers that speak OpenAI's API, each under a name of its own: `api: groq` is `api: openai` with this address. The last part of each
// base URL is the path that stands for `/v1`; below each is the page that gives it.

/** Base URL as the provider's own documentation and every SDK write it. */
export const presets = {
  // docs.baseten.co, "Model APIs"
  baseten: 'https://inference.baseten.co/v1',
  // inference-docs.cerebras.ai, "OpenAI compatibility"
  cerebras: 'https://api.cerebras.ai/v1',
  // deepinfra.com/docs, "OpenAI API"
  deepinfra: 'https://api.deepinfra.com/v1/openai',
  // api-docs.deepseek.com, "Your first API call"
  deepseek: 'https://api.deepseek.com/v1',
  // docs.fireworks.ai, "OpenAI compatibility"
  fireworks: 'https://api.fireworks.ai/inference/v1',
  // docs.github.com, "Quickstart for GitHub Models"
  'github-models': 'https://models.github.ai/inference',
  // console.groq.com/docs/openai
  groq: 'https://api.groq.com/openai/v1',
  // huggingface.co/docs/inference-providers
  huggingface: 'https://router.huggingface.co/v1',
  // docs.api.nvidia.com, "LLM APIs"
  nvidia: 'https://integrate.api.nvidia.com/v1',
  // docs.mistral.ai/api
  mistral: 'https://api.mistral.ai/v1',
  // platform.moonshot.ai/docs
  moonshot: 'https://api.moonshot.ai/v1',
  // docs.ollama.com, "OpenAI compatibility"
  ollama: 'http://127.0.0.1:11434/v1',
  // openrouter.ai/docs, "API reference"
  openrouter: 'https://openrouter.ai/api/v1',
  // docs.perplexity.ai, "OpenAI compatibility": no version at all
  perplexity: 'https://api.perplexity.ai',
  // docs.sambanova.ai, "OpenAI compatibility"
  sambanova: 'https://api.sambanova.ai/v1',
  // docs.together.ai, "OpenAI compatibility"
  together: 'https://api.together.xyz/v1',
  // docs.vllm.ai, "OpenAI-compatible server"
  vllm: 'http://127.0.0.1:8000/v1',
  // docs.x.ai/docs/api-reference
  xai: 'https://api.x.ai/v1',
} as const satisfies Readonly<Record<string, string>>

export type PresetName = keyof typeof presets
