// Azure OpenAI as a mock: what OpenAI answers, at Azure's paths and for Azure's key or a token of Entra ID. Sources: learn.microsoft.com,
// "Azure OpenAI in Azure AI Foundry Models REST API reference"; "API version lifecycle" for the v1 API.

import { openaiBehaviour } from './openai-behaviour.ts'
import type { Endpoint, ProviderBehaviour } from './provider-behaviour.ts'

const v1 = '/openai/v1/'
/** A date, whatever it is: versions come and go. */
const dated = /^\d{4}-\d{2}-\d{2}(-preview)?$/

export const azureOpenaiBehaviour: ProviderBehaviour = {
  ...openaiBehaviour,
  endpoints: new Map([...openaiBehaviour.endpoints].map(([path, endpoint]) => [path.replace('/v1/', v1), endpoint])),
  findEndpoint: findDeployment,
  models: ['gpt-4o'],
  requestIdHeader: 'apim-request-id',
  checkHeaders: (headers, apiKey) => {
    if (apiKey === undefined || headers['api-key'] === apiKey || headers['authorization'] === `Bearer ${apiKey}`) return undefined
    return { status: 401, message: 'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.' }
  },
}

// Before the v1 API the deployment stood in the path, and the version in the query. Without one Azure finds nothing.
function findDeployment(path: string, query: string): { readonly endpoint: Endpoint; readonly model: string } | undefined {
  const [, deployment, operation] = /^\/openai\/deployments\/([^/]+)\/(.+)$/.exec(path) ?? []
  const version = new URLSearchParams(query).get('api-version') ?? ''
  const endpoint = openaiBehaviour.endpoints.get(`/v1/${operation ?? ''}`)
  if (deployment === undefined || endpoint === undefined || !dated.test(version)) return undefined
  return { endpoint, model: decodeURIComponent(deployment) }
}
